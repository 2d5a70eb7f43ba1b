using System.Reflection;
using System.Runtime.Loader;

namespace PruneCompiler.Cli.InMemory;

/// <summary>
/// Where the C# compiler comes from: the SDK that runs beside this .NET, because its copy is compiled ahead of time and takes a second less to start
/// than the package's, which lies beside prunec for machines without an SDK.
/// </summary>
internal static class SdkCompiler
{
    private const string Compiler = "Microsoft.CodeAnalysis.CSharp";

    private static readonly Lazy<string> Folder = new(() => Find(Path.GetDirectoryName(typeof(object).Assembly.Location)!) ?? Path.Combine(AppContext.BaseDirectory, "roslyn"));

    /// <summary>Has to come before the first use of the compiler's types. Where they are among the program's own assemblies (in a test's process), those are used.</summary>
    public static void Use() => AssemblyLoadContext.Default.Resolving += (context, name) =>
        name.Name is Compiler or "Microsoft.CodeAnalysis" && Path.Combine(Folder.Value, name.Name + ".dll") is var file && File.Exists(file) ? context.LoadFromAssemblyPath(file) : null;

    /// <summary>The folder of the newest compiler of an SDK for this version of .NET, not older than the one that prunec was built with; null for none.</summary>
    /// <param name="runtime">Folder of the running base library: ROOT/shared/Microsoft.NETCore.App/VERSION.</param>
    public static string? Find(string runtime)
    {
        Version needed = typeof(SdkCompiler).Assembly.GetReferencedAssemblies().First(a => a.Name == Compiler).Version!;
        string sdks = Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", "sdk"));
        try
        {
            return !Directory.Exists(sdks) ? null : Directory.GetDirectories(sdks, $"{Environment.Version.Major}.*")
                .Select(sdk => Path.Combine(sdk, "Roslyn", "bincore"))
                .Where(folder => File.Exists(Path.Combine(folder, Compiler + ".dll")) && File.Exists(Path.Combine(folder, "Microsoft.CodeAnalysis.dll")))
                .Select(folder => (folder, AssemblyName.GetAssemblyName(Path.Combine(folder, Compiler + ".dll")).Version))
                .Where(found => found.Version >= needed)
                .OrderByDescending(found => found.Version).ThenBy(found => found.folder, StringComparer.Ordinal)
                .FirstOrDefault().folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException)
        {
            return null; // An SDK that cannot be read is as good as none.
        }
    }
}
