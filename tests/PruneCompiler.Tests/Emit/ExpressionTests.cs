using PruneCompiler.Emit;

namespace PruneCompiler.Tests.Emit;

public class ExpressionTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("(max (add a b) 0f)")]
    [InlineData("(cast! float8e4m3fn (mul a -1.5f))")]
    [InlineData("(let t (exp a) (div t (add t 1f)))")]
    [InlineData("(select (less a -inff) nanf 7d)")]
    [InlineData("(add a -7:int64)")]
    public void The_text_of_an_expression_reads_back_as_itself(string text) => Assert.Equal(text, ExpressionParser.Parse(text).ToString());

    [Theory]
    [InlineData("(add a)")]
    [InlineData("(add a b c)")]
    [InlineData("(nothing a)")]
    [InlineData("(add a b")]
    [InlineData("a b")]
    [InlineData(")")]
    [InlineData("(add a 3)")]
    [InlineData("")]
    public void What_is_no_expression_is_refused(string text) => Assert.Throws<FormatException>(() => ExpressionParser.Parse(text));

    [Fact]
    public void Names_are_listed_in_the_order_of_their_first_use_without_those_of_lets() =>
        Assert.Equal(["b", "a"], ExpressionParser.Parse("(let t (exp b) (add t (mul a b)))").Names());

    [Fact]
    public void Substitution_does_not_reach_a_name_that_a_let_defines_again()
    {
        Expression expression = ExpressionParser.Parse("(let a (exp a) (add a b))");
        Assert.Equal("(let a (exp c) (add a b))", expression.Substitute(new Dictionary<string, Expression> { ["a"] = new NameExpression("c") }).ToString());
    }

    [Theory]
    [InlineData("(add a b)", "float32", "float32", "float32")]
    [InlineData("(select (less a b) a b)", "float64", "float64", "float64")]
    [InlineData("(less a b)", "float32", "float32", null)]
    [InlineData("(sin a)", "float32", "float32", null)]
    [InlineData("(add a b)", "float16", "float16", null)]
    [InlineData("(select b a a)", "float32", "bool", null)]
    public void An_expression_has_a_vector_form_when_every_part_has_one(string text, string a, string b, string? result) =>
        Assert.Equal(result, VectorForm.ResultType(ExpressionParser.Parse(text), new Dictionary<string, string> { ["a"] = a, ["b"] = b }));
}
