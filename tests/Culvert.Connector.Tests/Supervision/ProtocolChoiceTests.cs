using System.Net;
using Culvert.Connector.Supervision;
using Culvert.Tests.Fixtures;

namespace Culvert.Connector.Tests.Supervision;

public class ProtocolChoiceTests
{
    private const int Budget = 8;

    private readonly FakeTime _time = new();
    private readonly ConnectionTracker _tracker = new();
    private readonly ProtocolChoice _choice;

    public ProtocolChoiceTests() => _choice = new ProtocolChoice(["quic", "http2"], Budget, _tracker, _time);

    [Fact]
    public void Transports_take_turns_until_one_has_registered()
    {
        Assert.Equal(ProtocolChoice.Quic, _choice.Current);
        Assert.Equal(ProtocolChoice.Http2, _choice.DialFailed("quic"));
        Assert.Equal(ProtocolChoice.Quic, _choice.DialFailed("http2"));
        Assert.Equal(ProtocolChoice.Http2, _choice.DialFailed("quic"));
        Assert.Null(_choice.NextProbe);
        _choice.Registered("http2");

        Assert.Equal(ProtocolChoice.Http2, _choice.Current);
        Assert.Null(_choice.DialFailed("http2"));
        Assert.Equal(ProtocolChoice.FirstProbe, _choice.NextProbe);
    }

    [Fact]
    public void One_failure_never_changes_what_has_registered_nor_do_many_in_a_moment()
    {
        _choice.Registered("quic");
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(_choice.DialFailed("quic"));
        }

        Assert.Equal(ProtocolChoice.Quic, _choice.Current);
    }

    [Fact]
    public void A_run_of_more_failures_than_the_budget_leads_to_the_other_transport()
    {
        _choice.Registered("quic");
        for (var i = 0; i < Budget; i++)
        {
            Assert.Null(_choice.DialFailed("quic"));
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(ProtocolChoice.Http2, _choice.DialFailed("quic"));
    }

    [Fact]
    public void A_success_begins_the_run_anew()
    {
        _choice.Registered("quic");
        Fail(Budget);
        _choice.Registered("quic");

        Assert.Null(_choice.DialFailed("quic"));
    }

    [Fact]
    public void A_connection_that_is_still_up_keeps_its_transport()
    {
        _tracker.Dialling(1, "quic", new IPEndPoint(IPAddress.Loopback, 1));
        _tracker.Changed(new ConnectionChange(1, ConnectionState.Registering, ConnectionState.Serving));
        _choice.Registered("quic");
        Fail(3 * Budget);
        Assert.Equal(ProtocolChoice.Quic, _choice.Current);
        _tracker.Changed(new ConnectionChange(1, ConnectionState.Serving, ConnectionState.Waiting));

        Assert.Equal(ProtocolChoice.Http2, _choice.DialFailed("quic"));
    }

    [Fact]
    public void Quic_comes_back_after_two_probes_in_a_row()
    {
        FallBack();
        Assert.Equal(ProtocolChoice.FirstProbe, _choice.NextProbe);
        Assert.False(_choice.Probed(answered: true));
        Assert.Equal(ProtocolChoice.Confirmation, _choice.NextProbe);
        Assert.False(_choice.Probed(answered: false));
        Assert.Equal(2 * ProtocolChoice.FirstProbe, _choice.NextProbe);
        Assert.False(_choice.Probed(answered: true));
        Assert.True(_choice.Probed(answered: true));

        Assert.Equal(ProtocolChoice.Quic, _choice.Current);
        Assert.Null(_choice.NextProbe);
    }

    [Fact]
    public void Failed_probes_become_rarer_up_to_a_limit()
    {
        FallBack();
        for (var i = 0; i < 20; i++)
        {
            Assert.False(_choice.Probed(answered: false));
        }

        Assert.Equal(ProtocolChoice.LongestProbe, _choice.NextProbe);
    }

    [Theory]
    [InlineData(5, 2)]
    [InlineData(30, 1)]
    public void A_return_that_did_not_last_makes_the_next_one_later(int minutes, int times)
    {
        FallBack();
        _choice.Probed(answered: true);
        Assert.True(_choice.Probed(answered: true));
        _choice.Registered("quic");
        _time.Advance(TimeSpan.FromMinutes(minutes));
        FallBack();

        Assert.Equal(times * ProtocolChoice.FirstProbe, _choice.NextProbe);
    }

    [Fact]
    public void A_late_failure_of_the_other_transport_counts_for_nothing()
    {
        FallBack();
        Assert.Null(_choice.DialFailed("quic"));
        Assert.Equal(ProtocolChoice.Http2, _choice.Current);
    }

    [Theory]
    [InlineData("quic")]
    [InlineData("http2")]
    public void One_transport_alone_is_never_left(string only)
    {
        var choice = new ProtocolChoice([only], Budget, _tracker, _time);
        for (var i = 0; i < 3 * Budget; i++)
        {
            Assert.Null(choice.DialFailed(only));
            _time.Advance(TimeSpan.FromSeconds(10));
            if (i == Budget)
            {
                choice.Registered(only);
            }
        }

        Assert.Equal(only, choice.Current);
        Assert.Null(choice.NextProbe);
    }

    private void FallBack()
    {
        _choice.Registered("quic");
        Fail(Budget + 1);
        Assert.Equal(ProtocolChoice.Http2, _choice.Current);
        _choice.Registered("http2");
    }

    private void Fail(int times)
    {
        for (var i = 0; i < times; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(3));
            _choice.DialFailed("quic");
        }
    }

    [Fact]
    public void A_transport_that_is_allowed_no_more_is_left_and_not_looked_for()
    {
        _choice.Registered("quic");
        Assert.Null(_choice.Allow(["quic", "http2"]));
        Assert.Equal("http2", _choice.Allow(["http2"]));

        Assert.Equal("http2", _choice.Current);
        Assert.Null(_choice.NextProbe);
        Assert.False(_choice.Probed(answered: true));
        Assert.False(_choice.Probed(answered: true));
        for (var i = 0; i < 10 * Budget; i++)
        {
            Assert.Null(_choice.DialFailed("http2"));
            _time.Advance(TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public void Quic_that_is_allowed_again_comes_back_after_two_probes()
    {
        _choice.Registered("quic");
        _choice.Allow(["http2"]);
        Assert.Null(_choice.Allow(["quic", "http2"]));

        Assert.Equal(("http2", ProtocolChoice.FirstProbe), (_choice.Current, _choice.NextProbe));
        Assert.False(_choice.Probed(answered: true));
        Assert.Equal(ProtocolChoice.Confirmation, _choice.NextProbe);
        Assert.True(_choice.Probed(answered: true));
        Assert.Equal("quic", _choice.Current);
    }
}
