namespace Culvert.Ingress.PathPatterns;

/// <summary>A parsed pattern. Groups leave no trace: only whether a path matches is ever asked.</summary>
internal abstract record PatternNode
{
    private PatternNode()
    {
    }

    /// <summary>Size after every counted repetition is written out, in characters and positions.</summary>
    public abstract long Size { get; }

    /// <summary>The largest product of counts of repetitions inside each other.</summary>
    public abstract long RepeatProduct { get; }

    /// <summary>How many single characters the platform's automaton has for it: what that bounds.</summary>
    public abstract long AutomatonSize { get; }

    /// <summary>Whether it asks for places.</summary>
    public abstract bool HasPlaces { get; }

    /// <summary>One character of a set.</summary>
    public sealed record Characters(CodePointSet Set) : PatternNode
    {
        public override long Size => 1;

        public override long AutomatonSize => 1;

        public override bool HasPlaces => false;

        public override long RepeatProduct => 1;
    }

    /// <summary>A place between characters.</summary>
    public sealed record Place(PatternPlace Kind) : PatternNode
    {
        public override long Size => 1;

        public override long AutomatonSize => 0;

        public override bool HasPlaces => true;

        public override long RepeatProduct => 1;
    }

    /// <summary>One after another; none matches the empty text.</summary>
    public sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode
    {
        public override long Size { get; } = 1 + Parts.Sum(part => part.Size);

        public override long AutomatonSize { get; } = Parts.Sum(part => part.AutomatonSize);

        public override bool HasPlaces { get; } = Parts.Any(part => part.HasPlaces);

        public override long RepeatProduct { get; } = Parts.Count == 0 ? 1 : Parts.Max(part => part.RepeatProduct);
    }

    /// <summary>One of several.</summary>
    public sealed record Choice(IReadOnlyList<PatternNode> Parts) : PatternNode
    {
        public override long Size { get; } = 1 + Parts.Sum(part => part.Size);

        public override long AutomatonSize { get; } = Parts.Sum(part => part.AutomatonSize);

        public override bool HasPlaces { get; } = Parts.Any(part => part.HasPlaces);

        public override long RepeatProduct { get; } = Parts.Max(part => part.RepeatProduct);
    }

    /// <summary>
    /// Between <paramref name="Least"/> and <paramref name="Most"/> times; <see langword="null"/> is without end.
    /// </summary>
    public sealed record Repetition(PatternNode Part, int Least, int? Most, bool Counted) : PatternNode
    {
        public override long Size { get; } = 1 + (Part.Size * Math.Max(1, Most ?? Least));

        // Without an end, one more than the least is written out.
        public override long AutomatonSize { get; } = Part.AutomatonSize * (Most ?? (Least + 1));

        public override bool HasPlaces { get; } = Part.HasPlaces;

        public override long RepeatProduct { get; } =
            Most == 0 ? 1 : Part.RepeatProduct * (Counted ? Math.Max(1, Most ?? Least) : 1);
    }
}

/// <summary>The places that a pattern can ask for.</summary>
internal enum PatternPlace
{
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    WordBoundary,
    NoWordBoundary,
}
