using System.Security.Cryptography;

namespace Culvert.Edge.QuickTunnels;

/// <summary>Random names that a person can read out: <c>calm-river-1204</c>.</summary>
public static class QuickTunnelNames
{
    private static readonly string[] Adjectives =
    [
        "amber", "bold", "brave", "bright", "brisk", "calm", "clear", "clever", "cool", "cosy", "crisp", "deep", "eager", "early",
        "fair", "fast", "fine", "fond", "free", "fresh", "gentle", "glad", "golden", "grand", "green", "happy", "hardy", "honest",
        "jolly", "keen", "kind", "late", "light", "little", "lively", "lucky", "mellow", "merry", "mild", "neat", "noble",
        "patient", "plain", "proud", "quick", "quiet", "rapid", "ready", "rosy", "round", "sharp", "silent", "silver", "sleek",
        "smooth", "snowy", "steady", "sunny", "swift", "tidy", "warm", "wide", "wild", "wise",
    ];

    private static readonly string[] Nouns =
    [
        "acorn", "anchor", "aspen", "bay", "beacon", "birch", "bridge", "brook", "canyon", "cedar", "cliff", "cloud", "comet",
        "coral", "cove", "creek", "delta", "dune", "ember", "falcon", "fern", "field", "fjord", "forest", "garden", "glade",
        "grove", "harbor", "hazel", "heron", "hill", "island", "lagoon", "lake", "lantern", "maple", "marsh", "meadow", "mesa",
        "moon", "moss", "oak", "ocean", "orchard", "otter", "pebble", "pine", "pond", "prairie", "quarry", "reef", "ridge",
        "river", "robin", "shore", "sparrow", "spring", "stone", "summit", "tide", "valley", "wave", "willow", "wren",
    ];

    /// <summary>Draws a name of about 25 random bits; names are handed out, not secret.</summary>
    public static string Next()
    {
        var adjective = Adjectives[RandomNumberGenerator.GetInt32(Adjectives.Length)];
        var noun = Nouns[RandomNumberGenerator.GetInt32(Nouns.Length)];
        return $"{adjective}-{noun}-{RandomNumberGenerator.GetInt32(10, 10_000)}";
    }
}
