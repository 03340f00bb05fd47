using Culvert.Transports.Headers;

namespace Culvert.Harness.Operations;

/// <summary>Response fields into the one field that carries them over HTTP/2.</summary>
internal sealed class SerializedHeadersWriting : Operation
{
    private readonly byte[] _destination = new byte[SerializedHeaders.GetLength(TypicalHeads.ResponseHeaders)];

    public override string Name => "serialized-headers/write";

    public override void Run() => SerializedHeaders.Write(TypicalHeads.ResponseHeaders, _destination);
}

/// <summary>Response fields out of the one field that carries them over HTTP/2.</summary>
internal sealed class SerializedHeadersParsing : Operation
{
    private readonly byte[] _text = new byte[SerializedHeaders.GetLength(TypicalHeads.ResponseHeaders)];
    private readonly HeaderList _headers = new();

    public SerializedHeadersParsing() => SerializedHeaders.Write(TypicalHeads.ResponseHeaders, _text);

    public override string Name => "serialized-headers/parse";

    public override void Run()
    {
        _headers.Clear();
        if (!SerializedHeaders.TryParse(_text, _headers))
        {
            throw new InvalidOperationException("serialized headers were refused");
        }
    }
}
