using System;
using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>Reads the text of an <see cref="Expression"/>.</summary>
public static class ExpressionParser
{
    /// <summary>Parses one expression.</summary>
    /// <exception cref="FormatException">The text is no expression; says where.</exception>
    public static Expression Parse(string text)
    {
        List<string> tokens = Tokens(text);
        int at = 0;
        Expression result = Read(text, tokens, ref at);
        return at == tokens.Count ? result : throw new FormatException($"'{tokens[at]}' follows the end of the expression {text}");
    }

    private static Expression Read(string text, List<string> tokens, ref int at)
    {
        string token = Next(text, tokens, ref at);
        if (token == ")")
        {
            throw new FormatException($"a parenthesis too many in {text}");
        }

        if (token != "(")
        {
            return Atom(token);
        }

        string head = Next(text, tokens, ref at);
        Expression result;
        switch (head)
        {
            case "cast" or "cast!":
                string type = Next(text, tokens, ref at);
                result = new CastExpression(type, head == "cast", Read(text, tokens, ref at));
                break;
            case "let":
                string name = Next(text, tokens, ref at);
                Expression value = Read(text, tokens, ref at);
                result = new LetExpression(name, value, Read(text, tokens, ref at));
                break;
            default:
                var arguments = new List<Expression>();
                while (at < tokens.Count && tokens[at] != ")")
                {
                    arguments.Add(Read(text, tokens, ref at));
                }

                int arity = ExpressionFunctions.Find(head).Arity;
                result = arguments.Count == arity
                    ? new ApplyExpression(head, arguments)
                    : throw new FormatException($"{head} takes {arity} arguments, not {arguments.Count}, in {text}");
                break;
        }

        return Next(text, tokens, ref at) == ")" ? result : throw new FormatException($"{head} has too many arguments in {text}");
    }

    private static Expression Atom(string token)
    {
        if (token is "true" or "false")
        {
            return new LiteralExpression(token, "bool");
        }

        bool number = token[0] is (>= '0' and <= '9') or '-' || token is "inff" or "infd" or "nanf" or "nand";
        if (!number)
        {
            return new NameExpression(token);
        }

        int colon = token.IndexOf(':');
        return colon >= 0 ? new LiteralExpression(token.Substring(0, colon), token.Substring(colon + 1))
            : token[token.Length - 1] == 'f' ? new LiteralExpression(token.Substring(0, token.Length - 1), "float32")
            : token[token.Length - 1] == 'd' ? new LiteralExpression(token.Substring(0, token.Length - 1), "float64")
            : throw new FormatException($"the number {token} has no type: write {token}f, {token}d or {token}:int64");
    }

    private static string Next(string text, List<string> tokens, ref int at) =>
        at < tokens.Count ? tokens[at++] : throw new FormatException($"the expression ends too early: {text}");

    private static List<string> Tokens(string text)
    {
        var tokens = new List<string>();
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            bool end = i == text.Length || (text[i] is ' ' or '(' or ')');
            if (end && start >= 0)
            {
                tokens.Add(text.Substring(start, i - start));
                start = -1;
            }
            else if (!end && start < 0)
            {
                start = i;
            }

            if (i < text.Length && (text[i] is '(' or ')'))
            {
                tokens.Add(text[i].ToString());
            }
        }

        return tokens;
    }
}
