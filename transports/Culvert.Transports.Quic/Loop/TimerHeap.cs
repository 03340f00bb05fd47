using Culvert.Transports.Quic.Connections;

namespace Culvert.Transports.Quic.Loop;

/// <summary>Connections by the time of their next timer: a binary heap that knows each one's place.</summary>
internal sealed class TimerHeap
{
    private ConnectionCore[] _items = new ConnectionCore[16];
    private int _count;

    /// <summary>Time of the earliest timer, in the loop clock's nanoseconds.</summary>
    public ulong Next => _count == 0 ? LoopClock.Never : _items[0].TimerAt;

    public ConnectionCore First => _items[0];

    public void Set(ConnectionCore item, ulong at)
    {
        if (at == LoopClock.Never)
        {
            Remove(item);
            return;
        }
        if (item.TimerIndex < 0)
        {
            if (_count == _items.Length)
                Array.Resize(ref _items, _count * 2);
            item.TimerAt = at;
            Place(item, _count++);
            Up(item.TimerIndex);
            return;
        }
        var before = item.TimerAt;
        item.TimerAt = at;
        if (at < before)
            Up(item.TimerIndex);
        else if (at > before)
            Down(item.TimerIndex);
    }

    public void Remove(ConnectionCore item)
    {
        var index = item.TimerIndex;
        if (index < 0)
            return;
        item.TimerIndex = -1;
        item.TimerAt = LoopClock.Never;
        var last = _items[--_count];
        _items[_count] = null!;
        if (last == item)
            return;
        Place(last, index);
        Up(index);
        Down(last.TimerIndex);
    }

    private void Up(int index)
    {
        var item = _items[index];
        while (index > 0)
        {
            var parent = (index - 1) / 2;
            if (_items[parent].TimerAt <= item.TimerAt)
                break;
            Place(_items[parent], index);
            index = parent;
        }
        Place(item, index);
    }

    private void Down(int index)
    {
        var item = _items[index];
        while (true)
        {
            var child = (index * 2) + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && _items[child + 1].TimerAt < _items[child].TimerAt)
                child++;
            if (_items[child].TimerAt >= item.TimerAt)
                break;
            Place(_items[child], index);
            index = child;
        }
        Place(item, index);
    }

    private void Place(ConnectionCore item, int index)
    {
        _items[index] = item;
        item.TimerIndex = index;
    }
}
