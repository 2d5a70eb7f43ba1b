using PruneCompiler.Plan;

namespace PruneCompiler.Tests.Plan;

public class ReadableNamesTests
{
    [Theory]
    [InlineData("/layer1/conv1/Conv", "/layer1/conv1/")]
    [InlineData("/layer1/conv1/Conv_output_0", "/layer1/conv1/")]
    [InlineData("/layer1/conv1/Conv_output_0_1", "/layer1/conv1/")]
    [InlineData("/layer1/conv1/Conv_output_0 panels", "/layer1/conv1/ panels")]
    [InlineData("/Conv", "/Conv")]
    [InlineData("/conv/Conv_1", "/conv/Conv_1")]
    [InlineData("/block/MatMul_1_output_0", "/block/MatMul_1")]
    [InlineData("/split/Split_output_2", "/split/Split output 2")]
    [InlineData("conv_output_0", "conv_output_0")]
    [InlineData("Conv_12", "Conv_12")]
    public void Names_lose_what_the_exporter_appends(string name, string readable) => Assert.Equal(readable, ReadableNames.Of(name));
}
