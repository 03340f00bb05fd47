using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Origins.Dialing;
using Culvert.Tests.Fixtures;

namespace Culvert.Engine.Tests.Origins.Dialing;

public sealed class HappyEyeballsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private static readonly IPAddress[] Both =
        [IPAddress.Parse("2001:db8::1"), IPAddress.Parse("2001:db8::2"), IPAddress.Parse("192.0.2.1"),
            IPAddress.Parse("192.0.2.2")];

    private readonly FakeTime _time = new();
    private readonly List<string> _tried = [];
    private readonly Dictionary<string, TaskCompletionSource<Prize>> _answers = [];

    [Fact]
    public async Task First_family_that_answers_in_time_is_used_alone()
    {
        var race = RaceAsync();
        Answer("2001:db8::1").SetResult(new Prize("six"));

        Assert.Equal("six", (await race.WaitAsync(Limit)).Name);
        Assert.Equal(["2001:db8::1"], _tried);
    }

    [Fact]
    public async Task Other_family_starts_after_300_milliseconds_and_the_loser_is_given_up()
    {
        var race = RaceAsync();
        await _time.WaitBegunAsync(TimeSpan.FromMilliseconds(300));
        _time.Advance(TimeSpan.FromMilliseconds(300));
        await WhenTriedAsync("192.0.2.1");
        Answer("192.0.2.1").SetResult(new Prize("four"));

        Assert.Equal("four", (await race.WaitAsync(Limit)).Name);
        Assert.Equal(["2001:db8::1", "192.0.2.1"], _tried);
        Assert.True(Answer("2001:db8::1").Task.IsCanceled);
    }

    [Fact]
    public async Task Other_family_starts_at_once_when_the_first_has_failed()
    {
        var race = RaceAsync();
        Answer("2001:db8::1").SetException(new DialException("tcp one", SocketError.NetworkUnreachable));
        await WhenTriedAsync("2001:db8::2");
        Answer("2001:db8::2").SetException(new DialException("tcp two", SocketError.NetworkUnreachable));
        await WhenTriedAsync("192.0.2.1");
        Answer("192.0.2.1").SetResult(new Prize("four"));

        Assert.Equal("four", (await race.WaitAsync(Limit)).Name);
    }

    [Fact]
    public async Task Failure_of_all_is_that_of_the_first_address()
    {
        var race = RaceAsync();
        foreach (var address in Both.Select(a => a.ToString()))
        {
            await WhenTriedAsync(address);
            Answer(address).SetException(new DialException($"tcp {address}", SocketError.ConnectionRefused));
        }

        var error = await Assert.ThrowsAsync<DialException>(() => race.WaitAsync(Limit));
        Assert.Equal("dial tcp 2001:db8::1: connect: connection refused", error.Message);
    }

    [Fact]
    public async Task Without_happy_eyeballs_addresses_are_tried_in_turn()
    {
        var dial = HappyEyeballs<Prize>.InTurnAsync(Both, TryAsync, default);
        foreach (var address in Both.Select(a => a.ToString()).SkipLast(1))
        {
            await WhenTriedAsync(address);
            Answer(address).SetException(new DialException("tcp", SocketError.ConnectionRefused));
        }

        await WhenTriedAsync("192.0.2.2");
        Answer("192.0.2.2").SetResult(new Prize("last"));
        Assert.Equal("last", (await dial.WaitAsync(Limit)).Name);
        Assert.Equal(Both.Select(a => a.ToString()), _tried);
    }

    private Task<Prize> RaceAsync() => new HappyEyeballs<Prize>(_time).RaceAsync(Both, TryAsync, default);

    private async ValueTask<Prize> TryAsync(IPAddress address, CancellationToken cancellationToken)
    {
        var answer = Answer(address.ToString());
        lock (_tried)
        {
            _tried.Add(address.ToString());
        }

        await using var registration = cancellationToken.Register(() => answer.TrySetCanceled(cancellationToken));
        return await answer.Task;
    }

    private TaskCompletionSource<Prize> Answer(string address)
    {
        lock (_answers)
        {
            return _answers.TryGetValue(address, out var answer)
                ? answer
                : _answers[address] = new TaskCompletionSource<Prize>(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private async Task WhenTriedAsync(string address)
    {
        for (var until = DateTime.UtcNow + Limit; ; await Task.Delay(5))
        {
            lock (_tried)
            {
                if (_tried.Contains(address))
                {
                    return;
                }
            }

            Assert.True(DateTime.UtcNow < until, $"{address} was not tried");
        }
    }

    private sealed record Prize(string Name) : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
