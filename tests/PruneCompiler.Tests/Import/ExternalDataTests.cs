using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Import;

public sealed class ExternalDataTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ContentIsReadFromTheModelsFolder()
    {
        Directory.CreateDirectory(folder.File("m/data"));
        File.WriteAllBytes(folder.File("m/data/w.bin"), [1, 2, 3, 4, 5, 6, 7, 8]);

        Assert.Equal([3, 4, 5, 6], Read("data/w.bin", ("offset", "2"), ("length", "4")).Bytes);
        Assert.Equal([1, 2, 3, 4], Read("./data/w.bin").Bytes);
    }

    [Theory]
    [InlineData("../secret.bin")]
    [InlineData("data/../../secret.bin")]
    [InlineData("..\\secret.bin")]
    [InlineData("")]
    [InlineData("/etc/hostname")]
    [InlineData("\\secret.bin")]
    [InlineData("C:secret.bin")]
    [InlineData("secret\0.bin")]
    public void OtherPlacesAreRefused(string location)
    {
        File.WriteAllBytes(folder.File("secret.bin"), new byte[4]);

        Assert.Contains("refused", Error(location));
    }

    [Fact]
    public void LinksAreNotFollowed()
    {
        File.WriteAllBytes(folder.File("secret.bin"), new byte[4]);
        Directory.CreateDirectory(folder.File("m"));
        File.CreateSymbolicLink(folder.File("m/file.bin"), folder.File("secret.bin"));
        Directory.CreateSymbolicLink(folder.File("m/up"), folder.FullPath);

        Assert.Contains("symbolic link", Error("file.bin"));
        Assert.Contains("symbolic link", Error("up/secret.bin"));
    }

    [Theory]
    [InlineData("offset", "1")]
    [InlineData("offset", "9223372036854775807")]
    [InlineData("offset", "-1")]
    [InlineData("length", "3")]
    [InlineData("length", "lots")]
    public void RangesAreChecked(string key, string value)
    {
        Directory.CreateDirectory(folder.File("m"));
        File.WriteAllBytes(folder.File("m/w.bin"), new byte[4]);

        Error("w.bin", (key, value));
    }

    [Fact]
    public void MissingFileIsNamed() => Assert.Contains("'gone.bin' is missing", Error("gone.bin"));

    private string Error(string location, params (string, string)[] more)
    {
        Diagnostic error = Assert.Throws<CompileException>(() => Read(location, more)).Diagnostics.Single();
        Assert.Equal("PRUNE0011", error.Id);
        return error.Message;
    }

    private Tensor Read(string location, params (string Key, string Value)[] more)
    {
        var proto = new TensorProto { Name = "w", DataType = (int)ElementType.UInt8, DataLocation = TensorProto.Types.DataLocation.External };
        proto.Dims.Add(4);
        proto.ExternalData.Add(more.Append(("location", location)).Select(e => new StringStringEntryProto { Key = e.Item1, Value = e.Item2 }));
        return new TensorReader(folder.File("m")).Read(proto, null);
    }
}
