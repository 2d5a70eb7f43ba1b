using System.CommandLine;
using PruneCompiler.Cli.Commands;

var root = new RootCommand("Compiles pruned ONNX models to C#.") { PlanCommand.Create() };
return root.Parse(args).Invoke();
