using System.Globalization;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Package;

/// <summary>The package as a newcomer meets it: a fresh app, a package reference, a model, a build.</summary>
[Collection(PackageFeed.Collection)]
[Trait("Category", "Package")]
public sealed class PackageTests(PackageFeed feed)
{
    private const string Program = """
        var net = new App.TwoLayers();
        var result = new float[App.TwoLayers.ResultLength];
        net.Run([1f, -2f, 3f, -4f], result);
        Console.WriteLine(string.Join(" ", result.Select(v => v.ToString("R", System.Globalization.CultureInfo.InvariantCulture))));
        """;

    private static readonly float[] Input = [1, -2, 3, -4];

    [Fact]
    public void The_package_has_an_analyzer_build_files_a_tool_and_no_dependency()
    {
        using ZipArchive package = ZipFile.OpenRead(feed.PackageFile);
        string[] files = [.. package.Entries.Select(e => e.FullName)];

        Assert.Equal(["analyzers/dotnet/cs/PruneCompiler.Generator.dll"], files.Where(f => f.StartsWith("analyzers/", StringComparison.Ordinal)));
        Assert.Equal(["build/PruneCompiler.props", "build/PruneCompiler.targets"], files.Where(f => f.StartsWith("build/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Contains("tools/prunec.dll", files);
        Assert.Contains("tools/prunec.runtimeconfig.json", files);
        Assert.Contains("README.md", files);
        Assert.DoesNotContain(files, f => f.StartsWith("lib/", StringComparison.Ordinal));
        using var reader = new StreamReader(package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open());
        string nuspec = reader.ReadToEnd();
        Assert.Contains("<developmentDependency>true</developmentDependency>", nuspec, StringComparison.Ordinal);
        Assert.DoesNotContain("<dependency ", nuspec, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("net10.0")]
    [InlineData("net8.0")]
    public void A_fresh_app_gives_the_models_outputs_and_needs_nothing_but_the_base_library(string framework)
    {
        ConsumerApp app = feed.NewApp("""<PrunedModel Include="my models/two-layers.onnx" />""", Program, framework);
        OnnxBuilder model = TwoLayers(seed: 1);
        SaveIn(app, "my models/two-layers.onnx", model);

        app.Build();

        AssertResult(model, app.Run());
        Assert.Equal(["App.deps.json", "App.dll", "App.pdb", "App.runtimeconfig.json"], app.OutputFiles);
        using var image = new PEReader(File.OpenRead(app.Assembly));
        MetadataReader metadata = image.GetMetadataReader();
        Assert.All(metadata.AssemblyReferences, r => Assert.StartsWith("System.", metadata.GetString(metadata.GetAssemblyReference(r).Name), StringComparison.Ordinal));
        Assert.Equal(0, metadata.GetTableRowCount(TableIndex.ModuleRef)); // no native library
        Assert.DoesNotContain("PruneCompiler", File.ReadAllText(Path.ChangeExtension(app.Assembly, ".deps.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_model_is_compiled_again_when_it_or_its_metadata_changed_and_only_then()
    {
        ConsumerApp app = feed.NewApp("""<PrunedModel Include="two-layers.onnx" ZeroTolerance="$(Tolerance)" />""", Program);
        SaveIn(app, "two-layers.onnx", TwoLayers(seed: 1));
        Assert.Contains("PruneCompiler: compiling", app.Build(), StringComparison.Ordinal);
        DateTime built = File.GetLastWriteTimeUtc(app.Assembly);

        Assert.DoesNotContain("PruneCompiler: compiling", app.Build(), StringComparison.Ordinal);
        Assert.Equal(built, File.GetLastWriteTimeUtc(app.Assembly)); // the C# compiler did not run either

        OnnxBuilder other = TwoLayers(seed: 2);
        SaveIn(app, "two-layers.onnx", other);
        Assert.Contains("PruneCompiler: compiling", app.Build(), StringComparison.Ordinal);
        AssertResult(other, app.Run());

        string project = Path.Combine(app.Folder, "App.csproj");
        File.WriteAllText(project, File.ReadAllText(project).Replace("$(Tolerance)", "0.25", StringComparison.Ordinal));
        Assert.Contains("PruneCompiler: compiling", app.Build(), StringComparison.Ordinal);
        string plan = File.ReadAllText(Directory.GetFiles(app.Folder, "*.plan", SearchOption.AllDirectories).Single());
        Assert.Equal(0.25f, PlanReader.Read(plan).Model.Tolerance);
        Assert.DoesNotContain("PruneCompiler: compiling", app.Build(), StringComparison.Ordinal);

        Dotnet.Run(app.Folder, "clean", "-c", "Release", "-nologo");
        Assert.Empty(Directory.GetFiles(app.Folder, "*.plan", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(app.Folder, "*.weights", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_report_is_written_where_it_is_asked_for_and_the_build_says_where()
    {
        ConsumerApp app = feed.NewApp("""<PrunedModel Include="two-layers.onnx" Report="true" />""", Program);
        SaveIn(app, "two-layers.onnx", TwoLayers(seed: 1));

        string log = app.Build();

        string report = Directory.GetFiles(app.Folder, "*.html", SearchOption.AllDirectories).Single();
        Assert.Contains($"PruneCompiler: report of two-layers.onnx: {report}", log, StringComparison.Ordinal);
        Assert.Contains("two-layers.onnx", File.ReadAllText(report), StringComparison.Ordinal);
        Assert.DoesNotContain("PruneCompiler: compiling", app.Build(), StringComparison.Ordinal);

        File.Delete(report);
        app.Build();
        Assert.True(File.Exists(report));

        Dotnet.Run(app.Folder, "clean", "-c", "Release", "-nologo");
        Assert.False(File.Exists(report));
    }

    [Fact]
    public void External_data_counts_as_a_part_of_the_model()
    {
        ConsumerApp app = feed.NewApp("""<PrunedModel Include="two-layers.onnx" />""", Program);
        OnnxBuilder first = TwoLayers(seed: 1), second = TwoLayers(seed: 2);
        string data = Path.Combine(app.Folder, "two-layers.data");
        SaveIn(app, "two-layers.onnx", WithExternalWeights(TwoLayers(seed: 1), data));
        app.Build();
        AssertResult(first, app.Run());

        WithExternalWeights(TwoLayers(seed: 2), data);
        File.SetLastWriteTimeUtc(data, DateTime.UtcNow);

        Assert.Contains("PruneCompiler: compiling", app.Build(), StringComparison.Ordinal);
        AssertResult(second, app.Run());
    }

    [Fact]
    public void Two_models_share_a_project_with_names_of_the_users_choice()
    {
        const string Both = """
            var y = new float[3];
            new App.TwoLayers().Run([1f, -2f, 3f, -4f], y);
            new Other.Place.Net().Run([1f, -2f, 3f, -4f], y);
            Console.WriteLine(string.Join(" ", y.Select(v => v.ToString("R", System.Globalization.CultureInfo.InvariantCulture))));
            """;
        ConsumerApp app = feed.NewApp("""<PrunedModel Include="a/two-layers.onnx" /><PrunedModel Include="b/two-layers.onnx" ClassName="Net" Namespace="Other.Place" Dimensions="n=1;k=4" />""", Both);
        OnnxBuilder second = TwoLayers(2, "n", "k");
        SaveIn(app, "a/two-layers.onnx", TwoLayers(seed: 1));
        SaveIn(app, "b/two-layers.onnx", second);

        app.Build();

        AssertResult(second, app.Run());
    }

    [Fact]
    public void An_error_in_the_model_is_a_build_error_with_file_node_and_id()
    {
        ConsumerApp app = feed.NewApp("""<PrunedModel Include="two-layers.onnx" />""", Program);
        SaveIn(app, "two-layers.onnx", new OnnxBuilder().Input("x", 1, 4).Node("NoSuchOperator", ["x"], ["result"]).Output("result"));

        (int code, string log) = Dotnet.Try(app.Folder, "build", "-c", "Release", "-nologo", "-tl:off");

        Assert.NotEqual(0, code);
        Assert.Matches(@"two-layers\.onnx.*error PRUNE0003: .*NoSuchOperator", log);
        Assert.DoesNotContain("CS0246", log, StringComparison.Ordinal); // the build stopped there
    }

    [Fact]
    public void A_missing_model_and_two_models_of_one_class_are_build_errors()
    {
        ConsumerApp app = feed.NewApp("""<PrunedModel Include="two-layers.onnx" /><PrunedModel Include="b/two-layers.onnx" />""", Program);
        SaveIn(app, "two-layers.onnx", TwoLayers(seed: 1));
        Assert.Contains("error PRUNE0150", Dotnet.Try(app.Folder, "build", "-nologo", "-tl:off").Output, StringComparison.Ordinal);

        string project = Path.Combine(app.Folder, "App.csproj");
        File.WriteAllText(project, File.ReadAllText(project).Replace("<PrunedModel Include=\"two-layers.onnx\" />", "", StringComparison.Ordinal));
        Assert.Contains("error PRUNE0151", Dotnet.Try(app.Folder, "build", "-nologo", "-tl:off").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_editor_that_loads_the_project_before_the_first_build_runs_no_compiler_and_sees_no_error()
    {
        ConsumerApp app = feed.NewApp("""<PrunedModel Include="two-layers.onnx" />""", Program);
        SaveIn(app, "two-layers.onnx", TwoLayers(seed: 1));
        Dotnet.Run(app.Folder, "restore", "-nologo");

        Dotnet.Run(app.Folder, "msbuild", "-t:Compile", "-p:DesignTimeBuild=true", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true", "-nologo");

        Assert.Empty(Directory.GetFiles(app.Folder, "*.plan", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_checked_in_cost_file_and_a_named_target_decide_strategies_and_a_change_of_them_compiles_again()
    {
        ConsumerApp app = feed.NewApp("""<PrunedModel Include="two-layers.onnx" CostModel="costs/board.costs" />""", Program);
        OnnxBuilder model = TwoLayers(seed: 1);
        SaveIn(app, "two-layers.onnx", model);
        string costs = Path.Combine(app.Folder, "costs", "board.costs"), project = Path.Combine(app.Folder, "App.csproj");
        Directory.CreateDirectory(Path.GetDirectoryName(costs)!);
        string[] Strategies() => [.. PlanReader.Read(File.ReadAllText(Directory.GetFiles(app.Folder, "*.plan", SearchOption.AllDirectories).Single())).Layers.Select(l => l.Strategy)];

        File.WriteAllText(costs, CostFile.Write(CostTargets.Neon with { VectorRowsStep = 1000, VectorWindowsStep = 1000, VectorSharedStep = 1000 }));
        app.Build();
        Assert.Equal(["dense vector", "dense vector"], Strategies());
        Assert.DoesNotContain("PruneCompiler: compiling", app.Build(), StringComparison.Ordinal);

        File.WriteAllText(costs, CostFile.Write(CostTargets.Neon with { VectorRowsStep = 0.001, VectorWindowsStep = 1000, VectorSharedStep = 1000, BytesPerCycle = 0.1 }));
        Assert.Contains("PruneCompiler: compiling", app.Build(), StringComparison.Ordinal);
        Assert.Equal(["sparse vector by rows", "sparse vector by rows"], Strategies());
        AssertResult(model, app.Run());

        File.WriteAllText(project, File.ReadAllText(project).Replace("CostModel=\"costs/board.costs\"", "CostTarget=\"avx1024\"", StringComparison.Ordinal));
        Assert.Matches(@"two-layers\.onnx.*error PRUNE\d+: .*avx1024.*avx512, avx2, neon, scalar", Dotnet.Try(app.Folder, "build", "-c", "Release", "-nologo", "-tl:off").Output);
        File.WriteAllText(project, File.ReadAllText(project).Replace("avx1024", "neon", StringComparison.Ordinal));
        app.Build();
        AssertResult(model, app.Run());
    }

    [Theory]
    [InlineData("", "-p:RuntimeIdentifier=linux-x64")]
    [InlineData("neon", "-p:RuntimeIdentifier=linux-arm64")]
    [InlineData("avx2", "-p:RuntimeIdentifier=linux-x64", "-p:PublishAot=true")]
    [InlineData("scalar", "-p:RuntimeIdentifier=linux-arm64", "-p:PruneCompilerTarget=scalar")]
    public void The_runtime_identifier_and_nothing_of_the_building_machine_names_the_target(string target, params string[] properties)
    {
        ConsumerApp app = feed.NewApp("""<PrunedModel Include="two-layers.onnx" />""", Program);
        SaveIn(app, "two-layers.onnx", TwoLayers(seed: 1));
        Dotnet.Run(app.Folder, "restore", "-nologo");

        string[] items = Dotnet.Run(app.Folder, ["msbuild", "-t:PruneCompilerWriteArguments", "-nologo", .. properties, "-p:IntermediateOutputPath=obj/here/", "-getProperty:PruneCompilerTarget"]).Split('\n');
        Assert.Equal(target, items[0].Trim());
        string arguments = File.ReadAllText(Directory.GetFiles(app.Folder, "*.rsp", SearchOption.AllDirectories).Single());
        Assert.Equal(target.Length > 0, arguments.Contains($"--target \"{target}\"", StringComparison.Ordinal));
    }

    // 4 -> 5 -> 3 with a good part of the weights at zero.
    private static OnnxBuilder TwoLayers(int seed, object? rows = null, object? columns = null)
    {
        var random = new Random(seed);
        float[] Weights(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(3) == 0 ? 0f : random.NextSingle() - 0.5f)];
        return new OnnxBuilder()
            .Input("x", ElementType.Float32, rows ?? 1, columns ?? 4)
            .Initializer("w1", [5, 4], Weights(20)).Initializer("b1", [5], Weights(5))
            .Initializer("w2", [3, 5], Weights(15)).Initializer("b2", [3], Weights(3))
            .Node("Gemm", ["x", "w1", "b1"], ["h"], ("transB", 1L))
            .Node("Relu", ["h"], ["r"])
            .Node("Gemm", ["r", "w2", "b2"], ["result"], ("transB", 1L))
            .Output("result");
    }

    private static OnnxBuilder WithExternalWeights(OnnxBuilder model, string dataFile)
    {
        using FileStream data = File.Create(dataFile);
        foreach (Onnx.TensorProto tensor in model.Graph.Initializer)
        {
            byte[] bytes = tensor.RawData.IsEmpty ? System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(tensor.FloatData.ToArray()).ToArray() : tensor.RawData.ToByteArray();
            tensor.FloatData.Clear();
            tensor.RawData = Google.Protobuf.ByteString.Empty;
            tensor.DataLocation = Onnx.TensorProto.Types.DataLocation.External;
            tensor.ExternalData.Add(new Onnx.StringStringEntryProto { Key = "location", Value = Path.GetFileName(dataFile) });
            tensor.ExternalData.Add(new Onnx.StringStringEntryProto { Key = "offset", Value = data.Position.ToString(CultureInfo.InvariantCulture) });
            tensor.ExternalData.Add(new Onnx.StringStringEntryProto { Key = "length", Value = bytes.Length.ToString(CultureInfo.InvariantCulture) });
            data.Write(bytes);
        }

        return model;
    }

    private static void SaveIn(ConsumerApp app, string path, OnnxBuilder model)
    {
        string full = Path.Combine(app.Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, model.ToBytes());
        File.SetLastWriteTimeUtc(full, DateTime.UtcNow);
    }

    private static void AssertResult(OnnxBuilder model, string printed)
    {
        float[] actual = [.. printed.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(v => float.Parse(v, CultureInfo.InvariantCulture))];
        float[] expected = OnnxRuntimeOracle.Run(model.ToBytes(), new Dictionary<string, Tensor> { ["x"] = Tensor.Of<float>(new Shape(1, 4), Input) })[0].As<float>().ToArray();
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }
}
