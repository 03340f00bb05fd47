using System.Text;
using Culvert.Transports.Headers;

namespace Culvert.EndToEnd.Tests.Conformance;

/// <summary>A response as its frames were: what an edge makes of them is not done yet.</summary>
internal sealed class FrameAnswer
{
    private readonly List<byte> _block = [];
    private bool _endsWithHeaders;

    /// <summary>Fields of the head, in their order, with <c>:status</c>.</summary>
    public List<(string Name, string Value)> Head { get; private set; } = [];

    /// <summary>Payloads of the DATA frames.</summary>
    public List<string> Data { get; } = [];

    public List<(string Name, string Value)> Trailers { get; private set; } = [];

    /// <summary>Error code of a RST_STREAM that ended it; null when END_STREAM did.</summary>
    public uint? Reset { get; private set; }

    /// <summary>Whether END_STREAM came with the HEADERS frame of the head.</summary>
    public bool HeadEndsStream { get; private set; }

    public string Status => Field(":status")!;

    public string Body => string.Concat(Data);

    /// <summary>The origin's headers out of their one field, as <c>Name: value</c>; null when the field is not there.</summary>
    public string[]? Serialized
    {
        get
        {
            if (Field("cf-cloudflared-response-headers") is not { } text)
            {
                return null;
            }

            var list = new HeaderList();
            Assert.True(SerializedHeaders.TryParse(Encoding.ASCII.GetBytes(text), list));
            return Answer.Lines(list);
        }
    }

    public string? Field(string name)
    {
        var values = Head.Where(field => field.Name == name).Select(field => field.Value).ToList();
        Assert.True(values.Count <= 1, $"{name} comes {values.Count} times");
        return values.Count == 0 ? null : values[0];
    }

    /// <summary>Takes a frame and says whether it was the last.</summary>
    public bool Add(Frame frame)
    {
        switch (frame.Type)
        {
            case FrameType.Data:
                Data.Add(Encoding.Latin1.GetString(frame.Payload));
                return frame.EndsStream;
            case FrameType.Headers or FrameType.Continuation:
                _block.AddRange(frame.Payload);
                _endsWithHeaders |= frame.EndsStream;
                return (frame.Flags & FrameFlags.EndHeaders) != 0 && AddBlock();
            case FrameType.ResetStream:
                Reset = frame.ErrorCode;
                return true;
            default:
                return false;
        }
    }

    private bool AddBlock()
    {
        var fields = FrameCodec.Decode(_block.ToArray());
        _block.Clear();
        if (Head.Count == 0)
        {
            (Head, HeadEndsStream) = (fields, _endsWithHeaders);
        }
        else
        {
            Trailers = fields;
        }

        return _endsWithHeaders;
    }
}
