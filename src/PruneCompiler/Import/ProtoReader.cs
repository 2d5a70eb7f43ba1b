using System.Security.Cryptography;
using Google.Protobuf;
using Onnx;
using PruneCompiler.Diagnostics;

namespace PruneCompiler.Import;

/// <summary>Bytes of a file -> ONNX messages. Bounded in size and nesting, so that a hostile file ends in a diagnostic.</summary>
internal static class ProtoReader
{
    // Protobuf's own limit for one message is 2 GB; graphs nest through attributes, three messages a level.
    private const int MaximumDepth = 96;

    /// <summary>Reads a model file; also gives the SHA-256 of its bytes in hex.</summary>
    /// <exception cref="CompileException">The file is absent, unreadable, too large or no ONNX model.</exception>
    public static (ModelProto Model, string Sha256) Read(string file)
    {
        byte[] bytes = ReadBytes(file);
        return (Parse(bytes), Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>Parses the content of a model file.</summary>
    public static ModelProto Parse(byte[] bytes)
    {
        if (bytes.Length == 0)
        {
            throw new CompileException(Catalogue.Malformed(null, "the file is empty"));
        }

        ModelProto model = Parse(bytes, ModelProto.Parser, "an ONNX model");
        return model.Graph is null ? throw new CompileException(Catalogue.Malformed(null, "the file holds no graph; is it an ONNX model?")) : model;
    }

    /// <summary>Parses a file that holds one tensor, as ONNX's test data and prunec's inputs do.</summary>
    public static TensorProto ReadTensor(string file) => Parse(ReadBytes(file), TensorProto.Parser, "an ONNX tensor");

    private static T Parse<T>(byte[] bytes, MessageParser<T> parser, string what)
        where T : IMessage<T>
    {
        try
        {
            using var memory = new MemoryStream(bytes, writable: false);
            using CodedInputStream stream = CodedInputStream.CreateWithLimits(memory, int.MaxValue, MaximumDepth);
            return parser.ParseFrom(stream);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or ArgumentException or OverflowException or IOException)
        {
            // ArgumentException: text that is not UTF-8.
            throw new CompileException(Catalogue.Malformed(null, $"the bytes are not {what}: {e.Message}"));
        }
        catch (OutOfMemoryException)
        {
            throw new CompileException(Catalogue.TooLarge(null, "the file does not fit into memory"));
        }
    }

    private static byte[] ReadBytes(string file)
    {
        try
        {
            var info = new FileInfo(file);
            if (info.Exists && info.Length > Array.MaxLength)
            {
                throw new CompileException(Catalogue.TooLarge(null, $"the file has {info.Length} bytes; an ONNX file of more than 2 GB must keep its tensors in external data"));
            }

            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CompileException(Catalogue.FileUnreadable(e.Message));
        }
    }
}
