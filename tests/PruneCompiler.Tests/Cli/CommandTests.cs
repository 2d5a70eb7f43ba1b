using System.Text.Json;
using PruneCompiler.Cli.Files;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Cli;

/// <summary>The commands from outside: exit codes, what goes to which stream, the fields of the JSON.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("run", "MODEL")]
    [InlineData("run", "MODEL", "--output-dir", "o", "--input", "no-equals-sign")]
    [InlineData("inspect", "MODEL", "--dim", "n=0")]
    [InlineData("inspect", "MODEL", "--no-such-option")]
    [InlineData("verify", "MODEL", "--runs", "0")]
    [InlineData("bench", "MODEL", "--threads", "0")]
    [InlineData("test", "no/such/folder")]
    [InlineData("no-such-command")]
    [InlineData]
    public void Wrong_usage_ends_with_2_and_a_message_in_the_form_of_MSBuild(params string[] arguments)
    {
        string model = Dense().Save(folder.File("net.onnx"));

        (int code, string output, string errors) = Prunec.Run([.. arguments.Select(a => a == "MODEL" ? model : a)]);

        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("prunec: error PRUNE0021: ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_gives_the_fields_that_it_promises()
    {
        string model = Dense(float.NaN).Save(folder.File("net.onnx")); // JSON has no NaN

        (int code, string output, _) = Prunec.Run("inspect", model, "--json");

        Assert.Equal(0, code);
        JsonElement root = JsonDocument.Parse(output).RootElement, layer = Assert.Single(root.GetProperty("layers").EnumerateArray());
        string[] sums = ["macs_before", "macs_after", "bytes_before", "bytes_after"];
        Assert.All(sums, name => Assert.Equal(root.GetProperty(name).GetInt64(), layer.GetProperty(name).GetInt64()));
        Assert.Equal((12, 48), (root.GetProperty("macs_before").GetInt64(), root.GetProperty("bytes_before").GetInt64()));
        Assert.All(["name", "operator", "strategy", "reason"], name => Assert.NotEqual("", layer.GetProperty(name).GetString()));
    }

    [Fact]
    public void Run_reads_npy_and_pb_writes_every_output_and_is_seeded()
    {
        string model = new OnnxBuilder().Input("x/in:0", 2, 3).Input("n=1", ElementType.Int64, 3)
            .Initializer("w", [3, 4], 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
            .Node("MatMul", ["x/in:0", "w"], ["out/1"]).Node("Neg", ["out/1"], ["out:1"]).Node("Add", ["n=1", "n=1"], ["sums"])
            .Output("out/1").Output("out:1").Output("sums", ElementType.Int64).Save(folder.File("half.onnx")); // the class Half would hide System.Half
        NpyFile.Write(folder.File("x.npy"), Tensor.Of<float>(new Shape(2, 3), [1, 2, 3, 4, 5, 6]));
        File.WriteAllBytes(folder.File("n.pb"), Google.Protobuf.MessageExtensions.ToByteArray(OnnxBuilder.Proto(Tensor.Vector(1L, 2L, 3L))));

        (int code, _, string errors) = Prunec.Run("run", model, "--input", $"x/in:0={folder.File("x.npy")}", "--input", $"n=1={folder.File("n.pb")}", "--output-dir", folder.File("a"));
        Assert.True(code == 0, errors);
        Assert.Equal([38, 44, 50, 56, 83, 98, 113, 128], NpyFile.Read(folder.File("a/out_1.npy")).As<float>().ToArray());
        Assert.Equal([-38, -44, -50, -56, -83, -98, -113, -128], NpyFile.Read(folder.File("a/out_1_2.npy")).As<float>().ToArray()); // names that become equal get a number
        Assert.Equal([2, 4, 6], NpyFile.Read(folder.File("a/sums.npy")).As<long>().ToArray());

        byte[] Seeded(string seed)
        {
            Assert.Equal(0, Prunec.Run("run", model, "--seed", seed, "--output-dir", folder.File("s")).Code);
            return File.ReadAllBytes(folder.File("s/out_1.npy"));
        }

        byte[] five = Seeded("5");
        Assert.Equal(five, Seeded("5"));
        Assert.NotEqual(five, Seeded("6"));
    }

    [Fact]
    public void Wrong_inputs_end_with_1_and_say_what_is_wrong()
    {
        string model = Dense().Save(folder.File("net.onnx"));
        NpyFile.Write(folder.File("shape.npy"), Tensor.Of<float>(new Shape(2, 2), [1, 2, 3, 4]));
        NpyFile.Write(folder.File("type.npy"), Tensor.Of<double>(new Shape(1, 4), [1, 2, 3, 4]));
        File.WriteAllText(folder.File("text.npy"), "no numbers");
        File.WriteAllText(folder.File("text.pb"), "no tensor");

        void Fails(string input, string id, string says)
        {
            (int code, string output, string errors) = Prunec.Run("run", model, "--input", input, "--output-dir", folder.File("o"));
            Assert.Equal((1, ""), (code, output));
            Assert.StartsWith($"{model}: error {id}: ", errors, StringComparison.Ordinal);
            Assert.Contains(says, errors, StringComparison.Ordinal);
        }

        Fails($"x={folder.File("shape.npy")}", "PRUNE0012", "float32 2x2");
        Fails($"x={folder.File("type.npy")}", "PRUNE0012", "float64 1x4");
        Fails($"x={folder.File("text.npy")}", "PRUNE0020", "text.npy is no .npy file");
        Fails($"x={folder.File("text.pb")}", "PRUNE0020", "text.pb");
        Fails($"x={folder.File("none.npy")}", "PRUNE0020", "none.npy does not exist");
        Fails("z=x.npy", "PRUNE0012", "the model's inputs are x");
    }

    [Fact]
    public void Verify_names_the_worst_errors_of_each_output_and_the_layers()
    {
        string model = Dense().Save(folder.File("net.onnx"));

        (int code, string output, _) = Prunec.Run("verify", model, "--runs", "2", "--per-layer");

        Assert.Equal(0, code);
        Assert.Matches(@"^y: agrees, worst absolute \S+, relative to the largest value \S+, \S+ ULP", output);
        Assert.Contains("no value inside departs", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Test_finds_cases_at_any_depth_and_ends_with_1_when_one_fails()
    {
        void Case(string path, float expected)
        {
            string set = Path.Combine(Directory.CreateDirectory(folder.File(path)).FullName, "test_data_set_0");
            Directory.CreateDirectory(set);
            new OnnxBuilder().Input("x", 1).Node("Relu", ["x"], ["y"]).Output("y").Save(folder.File(path + "/model.onnx"));
            File.WriteAllBytes(Path.Combine(set, "input_0.pb"), Google.Protobuf.MessageExtensions.ToByteArray(OnnxBuilder.Proto(Tensor.Vector(-2f))));
            File.WriteAllBytes(Path.Combine(set, "output_0.pb"), Google.Protobuf.MessageExtensions.ToByteArray(OnnxBuilder.Proto(Tensor.Vector(expected))));
        }

        Case("all/node/good", 0);
        Assert.Equal(0, Prunec.Run("test", folder.File("all/node/good")).Code);
        Case("all/deep/er/bad", 1);
        (int code, string output, _) = Prunec.Run("test", folder.File("all"));
        Assert.Equal(1, code);
        Assert.Matches(@"^bad: output 0: .*\n1 passed, 1 failed", output);

        JsonElement json = JsonDocument.Parse(Prunec.Run("test", folder.File("all"), "--json").Output).RootElement;
        Assert.Equal((1, 1), (json.GetProperty("passed").GetInt32(), json.GetProperty("failed").GetInt32()));
        Assert.Equal(["bad", "good"], json.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("name").GetString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Bench_gives_times_above_zero_for_the_smallest_model_and_report_makes_its_folder()
    {
        string model = Dense().Save(folder.File("net.onnx"));

        JsonElement json = JsonDocument.Parse(Prunec.Run("bench", model, "--seconds", "0.1", "--threads", "2", "--json").Output).RootElement;
        Assert.True(json.GetProperty("min_ms").GetDouble() > 0 && json.GetProperty("median_ms").GetDouble() >= json.GetProperty("min_ms").GetDouble() && json.GetProperty("runs").GetInt64() > 100, json.ToString());

        Assert.Equal(0, Prunec.Run("report", model, "-o", folder.File("reports/net.html")).Code);
        Assert.StartsWith("<!", File.ReadAllText(folder.File("reports/net.html")).TrimStart(), StringComparison.Ordinal);
    }

    [Fact]
    public void Dimensions_are_taken_by_every_command_and_their_absence_is_explained()
    {
        string model = new OnnxBuilder().Input("x", ElementType.Float32, "batch", "seq").Node("Relu", ["x"], ["y"]).Output("y").Save(folder.File("open.onnx"));

        (int code, _, string errors) = Prunec.Run("inspect", model);
        Assert.Equal(1, code);
        Assert.Contains($"{model}: error PRUNE0006: ", errors, StringComparison.Ordinal);
        Assert.Contains("--dim seq=N", errors, StringComparison.Ordinal);

        foreach (string[] command in new string[][] { ["inspect"], ["verify"], ["compile", "-o", folder.File("c")], ["report", "-o", folder.File("r.html")], ["bench", "--seconds", "0.05"], ["run", "--output-dir", folder.File("o")] })
        {
            (code, _, errors) = Prunec.Run([command[0], model, .. command[1..], "--dim", "batch=2", "--dim", "seq=5"]);
            Assert.True(code == 0, command[0] + errors);
        }

        Assert.Equal(new Shape(2, 5), NpyFile.Read(folder.File("o/y.npy")).Shape);
    }

    // 4 -> 3 with half of its weights at zero.
    private static OnnxBuilder Dense(float first = 1) => new OnnxBuilder().Input("x", 1, 4)
        .Initializer("w", [4, 3], [.. Enumerable.Range(0, 12).Select(i => i == 0 ? first : i % 2 == 0 ? i : 0f)]).Node("MatMul", ["x", "w"], ["y"]).Output("y");
}
