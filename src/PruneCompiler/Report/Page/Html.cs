using System.Globalization;
using System.Net;

namespace PruneCompiler.Report;

/// <summary>Text and numbers as they stand in the page.</summary>
internal static class Html
{
    /// <summary>Escapes text for content and quoted attributes.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A number with thin spaces between thousands.</summary>
    public static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture).Replace(",", "\u202f", StringComparison.Ordinal);

    /// <summary>Three digits and a unit: 12.5 M.</summary>
    public static string Short(long value) => value switch
    {
        >= 1_000_000_000 => Digits(value / 1e9) + "\u202fG",
        >= 1_000_000 => Digits(value / 1e6) + "\u202fM",
        >= 10_000 => Digits(value / 1e3) + "\u202fk",
        _ => Number(value),
    };

    /// <summary>Bytes as KB or MB of 1,000.</summary>
    public static string Bytes(long value) => value switch
    {
        >= 1_000_000 => Digits(value / 1e6) + "\u202fMB",
        >= 1_000 => Digits(value / 1e3) + "\u202fKB",
        _ => Number(value) + "\u202fB",
    };

    /// <summary>A share in percent.</summary>
    public static string Percent(double part, double all)
    {
        double percent = all == 0 ? 0 : 100 * part / all;
        return (percent is > 0 and < 9.95 ? percent.ToString("0.0", CultureInfo.InvariantCulture) : percent.ToString("0", CultureInfo.InvariantCulture)) + "\u202f%";
    }

    /// <summary>A coordinate or length, short.</summary>
    public static string Length(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Digits(double value) => value.ToString(value < 10 ? "0.00" : value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
