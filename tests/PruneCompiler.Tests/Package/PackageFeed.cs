using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Package;

/// <summary>The package, packed once for all tests into a feed of its own, and a package folder in which no earlier version sticks.</summary>
[CollectionDefinition(Collection)]
public sealed class PackageFeed : IDisposable, ICollectionFixture<PackageFeed>
{
    /// <summary>The tests that share it; they run one after the other.</summary>
    public const string Collection = "Package";

    private readonly TemporaryFolder folder = new();
    private readonly Lazy<string> package;
    private int apps;

    /// <summary>Packs when a test first asks for the package.</summary>
    public PackageFeed() => package = new(() =>
    {
        Dotnet.Run(Dotnet.Repository, "pack", "generators/PruneCompiler.Generator", "-c", Dotnet.Configuration, "-o", folder.File("feed"), "-nologo");
        return Directory.GetFiles(folder.File("feed"), "*.nupkg").Single();
    });

    /// <summary>The package file.</summary>
    public string PackageFile => package.Value;

    /// <summary>A console app that consumes the package. Its folders have spaces in their names.</summary>
    /// <param name="models">PrunedModel items, as in a project file.</param>
    /// <param name="program">Content of Program.cs.</param>
    /// <param name="framework">Target framework.</param>
    internal ConsumerApp NewApp(string models, string program, string framework = "net10.0")
    {
        string path = folder.File($"new app {++apps}");
        Directory.CreateDirectory(path);
        string version = Path.GetFileNameWithoutExtension(PackageFile)["PruneCompiler.".Length..];
        string shared = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        File.WriteAllText(Path.Combine(path, "nuget.config"), $"""
            <configuration>
              <packageSources><add key="fresh" value="{folder.File("feed")}" /></packageSources>
            </configuration>
            """);
        File.WriteAllText(Path.Combine(path, "App.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>{framework}</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <RollForward>Major</RollForward>
                <UseAppHost>false</UseAppHost>
                <NuGetAudit>false</NuGetAudit>
                <RestorePackagesPath>{folder.File("packages")}</RestorePackagesPath>
                <RestoreFallbackFolders>{(Directory.Exists(shared) ? shared : "")}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="PruneCompiler" Version="{version}" PrivateAssets="all" />
                {models}
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(path, "Program.cs"), program);
        return new ConsumerApp(path, framework);
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();
}

/// <summary>An app made for a test.</summary>
internal sealed record ConsumerApp(string Folder, string Framework)
{
    private string Output => Path.Combine(Folder, "bin", "Release", Framework);

    /// <summary>The app's own assembly.</summary>
    public string Assembly => Path.Combine(Output, "App.dll");

    /// <summary>What lies beside it.</summary>
    public string[] OutputFiles => [.. Directory.GetFiles(Output, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Output, f)).Order(StringComparer.Ordinal)];

    /// <summary>Builds; returns the log.</summary>
    public string Build() => Dotnet.Run(Folder, "build", "-c", "Release", "-nologo", "-tl:off");

    /// <summary>Runs what was built; returns what it printed.</summary>
    public string Run() => Dotnet.Run(Folder, "exec", Assembly);
}
