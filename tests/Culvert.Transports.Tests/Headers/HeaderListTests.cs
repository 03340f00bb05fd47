using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Culvert.Transports.Headers;

namespace Culvert.Transports.Tests.Headers;

public class HeaderListTests
{
    [Fact]
    public void Order_spelling_and_repetitions_are_kept()
    {
        var list = new HeaderList();
        list.Add("Set-Cookie", "a=1");
        list.Add("x-ODD"u8, "2"u8);
        list.Add("Set-Cookie"u8, "caf\u00e9");

        Assert.Equal(["Set-Cookie: a=1", "x-ODD: 2", "Set-Cookie: caf\u00e9"], list.Lines());
        Assert.Equal(0xE9, list[2].Value[^1]);
    }

    [Fact]
    public void First_field_of_a_name_is_found_in_any_case()
    {
        var list = new HeaderList();
        list.Add("X-A", "1");
        list.Add("x-a", "2");

        Assert.True(list.TryGet("X-a"u8, out var value));
        Assert.Equal("1", Encoding.ASCII.GetString(value));
        Assert.False(list.TryGet("x"u8, out _));
    }

    [Fact]
    public void Remove_takes_every_field_of_the_name_and_keeps_the_rest_in_order()
    {
        var list = new HeaderList();
        foreach (var name in (string[])["A", "x-b", "C", "X-B", "D"])
        {
            list.Add(name, "v");
        }

        Assert.Equal(2, list.Remove("X-B"u8));
        Assert.Equal(0, list.Remove("X-B"u8));
        Assert.Equal(["A: v", "C: v", "D: v"], list.Lines());
    }

    [Fact]
    public void Set_replaces_every_field_of_the_name_by_one_at_the_end()
    {
        var list = new HeaderList();
        list.Add("Host", "a");
        list.Add("X", "1");
        list.Add("host", "b");
        list.Set("HOST"u8, "c");

        Assert.Equal(["X: 1", "HOST: c"], list.Lines());
    }

    [Fact]
    public void Fields_survive_the_growth_of_the_buffer()
    {
        var list = new HeaderList();
        for (var i = 0; i < 500; i++)
        {
            list.Add($"Name-{i}", new string((char)('a' + (i % 26)), i));
        }

        Assert.Equal(500, list.Count);
        Assert.Equal("Name-7: hhhhhhh", list.Lines()[7]);
        Assert.Equal(499, list[499].Value.Length);
    }

    [Fact]
    public void Bytes_up_to_the_limit_fit_and_one_more_does_not()
    {
        var list = new HeaderList();
        list.Add("a"u8, new byte[HeaderList.MaxBytes - 1]);

        Assert.Throws<HeaderLimitException>(() => list.Add("", "b"));
        Assert.Equal(1, list.Count);
    }

    [Fact]
    public void Fields_up_to_the_limit_fit_and_one_more_does_not()
    {
        var list = new HeaderList();
        for (var i = 0; i < HeaderList.MaxCount; i++)
        {
            list.Add("", "");
        }

        Assert.Throws<HeaderLimitException>(() => list.Add("", ""));
        Assert.Equal(HeaderList.MaxCount, list.Count);
    }

    [Fact]
    public void Index_beyond_the_count_is_refused_after_a_removal_too()
    {
        var list = new HeaderList();
        list.Add("a", "1");
        list.Remove("a"u8);

        Assert.Throws<ArgumentOutOfRangeException>(() => list[0].NameText);
    }

    [Fact]
    public void Clear_gives_the_buffer_back_to_the_pool_and_the_list_can_be_used_again()
    {
        var list = new HeaderList();
        list.Add("Name", "value");
        ref var first = ref MemoryMarshal.GetReference(list[0].Name);
        list.Clear();
        var rented = ArrayPool<byte>.Shared.Rent(512);

        Assert.True(Unsafe.AreSame(ref first, ref MemoryMarshal.GetArrayDataReference(rented)));
        Assert.Equal(0, list.Count);
        list.Add("Again", "1");
        Assert.Equal(["Again: 1"], list.Lines());
        ArrayPool<byte>.Shared.Return(rented);
    }

}
