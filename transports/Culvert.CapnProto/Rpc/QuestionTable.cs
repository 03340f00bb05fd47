namespace Culvert.CapnProto.Rpc;

/// <summary>
/// The calls of this vat that the other one has not answered, by id. Ids are used again last-in first-out, which the golden
/// transcripts depend on. Guarded by the connection's lock.
/// </summary>
internal sealed class QuestionTable(int limit)
{
    private readonly List<Question?> _byId = [];
    private readonly Stack<uint> _free = new();

    /// <summary>Gives a question an id.</summary>
    /// <exception cref="RpcException">The table is full.</exception>
    public void Add(Question question)
    {
        if (_free.TryPop(out var id))
        {
            _byId[(int)id] = question;
        }
        else if (_byId.Count < limit)
        {
            id = (uint)_byId.Count;
            _byId.Add(question);
        }
        else
        {
            throw new RpcException(RpcExceptionType.Overloaded, "rpc: too many calls at once");
        }

        question.Id = id;
    }

    public Question? Find(uint id) => id < (uint)_byId.Count ? _byId[(int)id] : null;

    public void Remove(Question question)
    {
        _byId[(int)question.Id] = null;
        _free.Push(question.Id);
    }

    public Question[] All() => [.. _byId.OfType<Question>()];
}
