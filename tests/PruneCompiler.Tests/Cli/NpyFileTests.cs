using System.Text;
using PruneCompiler.Cli.Files;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Cli;

public sealed class NpyFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("(2, 3)", "False", new byte[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("(2, 3)", "True", new byte[] { 1, 4, 2, 5, 3, 6 })]
    [InlineData("(6,)", "True", new byte[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("(1, 3, 2)", "True", new byte[] { 1, 3, 5, 2, 4, 6 })]
    public void Rows_first_and_columns_first_give_the_same_elements(string shape, string columns, byte[] stored) =>
        Assert.Equal([1, 2, 3, 4, 5, 6], NpyFile.Read(Write($"{{'descr': '|u1', 'fortran_order': {columns}, 'shape': {shape}, }}", stored)).Bytes);

    [Theory]
    [InlineData("(99999999999,)")]
    [InlineData("(2000000000, 2000000000, 2000000000)")]
    [InlineData("(5,)")]
    public void A_shape_that_the_content_does_not_fill_is_refused(string shape) =>
        Assert.Throws<InvalidDataException>(() => NpyFile.Read(Write($"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}", [1, 2, 3, 4, 5, 6])));

    [Fact]
    public void What_is_written_is_read_and_every_truncation_is_refused()
    {
        Tensor tensor = Tensor.Of<float>(new Shape(2, 1, 3), [1, 2, 3, 4, 5, 6]);
        NpyFile.Write(folder.File("a.npy"), tensor);
        Tensor back = NpyFile.Read(folder.File("a.npy"));
        Assert.Equal((tensor.Type, tensor.Shape), (back.Type, back.Shape));
        Assert.Equal(tensor.Bytes, back.Bytes);

        byte[] all = File.ReadAllBytes(folder.File("a.npy"));
        for (int length = 0; length < all.Length; length++)
        {
            File.WriteAllBytes(folder.File("b.npy"), all[..length]);
            Assert.Throws<InvalidDataException>(() => NpyFile.Read(folder.File("b.npy")));
        }
    }

    private string Write(string header, byte[] content)
    {
        string path = folder.File("t.npy");
        byte[] text = Encoding.ASCII.GetBytes(header.PadRight(117) + "\n");
        File.WriteAllBytes(path, [0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, 0, .. text, .. content]);
        return path;
    }
}
