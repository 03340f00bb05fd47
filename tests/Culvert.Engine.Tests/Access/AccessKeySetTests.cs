using Culvert.Engine.Access;
using Culvert.Tests.Fixtures;
using Microsoft.AspNetCore.Http;

namespace Culvert.Engine.Tests.Access;

/// <summary>When keys are fetched, and what holds when they cannot be (ingress-and-config, section 4.3).</summary>
public sealed class AccessKeySetTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly FakeTime _time = new();
    private AccessTeam _team = null!;
    private AccessKeySet _keys = null!;

    public async Task InitializeAsync()
    {
        _team = await AccessTeam.StartAsync();
        _keys = new AccessKeySet(AccessTeam.Issuer, _team.Client, _time);
    }

    public async Task DisposeAsync() => await _team.DisposeAsync();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Unknown_keys_are_asked_for_once_in_ten_seconds()
    {
        await _keys.RefreshAsync(default);
        for (var i = 0; i < 100; i++)
        {
            Assert.Empty(_keys.Find($"made-up-{i}"));
            await _keys.RefreshAsync(default);
        }

        Assert.Equal(1, _team.Asked);
        _team.AddKey("second");
        _time.Advance(AccessKeySet.Interval);
        await _keys.RefreshAsync(default);

        Assert.Equal(2, _team.Asked);
        Assert.Single(_keys.Find("second"));
        Assert.Equal(2, _keys.Find(null).Count);
    }

    [Fact]
    public async Task Requests_that_come_together_wait_for_one_answer()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _team.Instead = async context =>
        {
            asked.TrySetResult();
            await answer.Task;
            await context.Response.WriteAsync("{\"keys\":[]}");
        };
        var waiting = Enumerable.Range(0, 50).Select(_ => _keys.RefreshAsync(default).AsTask()).ToArray();
        await asked.Task.WaitAsync(Limit);
        Assert.DoesNotContain(waiting, task => task.IsCompleted);

        using var impatient = new CancellationTokenSource();
        var gone = _keys.RefreshAsync(impatient.Token).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);

        answer.SetResult();
        await Task.WhenAll(waiting).WaitAsync(Limit);
        Assert.Equal(1, _team.Asked);
    }

    [Fact]
    public async Task Without_an_answer_there_are_no_keys_and_it_is_asked_again_after_a_second()
    {
        _team.Instead = context =>
        {
            context.Response.StatusCode = 503;
            return context.Response.WriteAsync("closed");
        };
        for (var i = 0; i < 3; i++)
        {
            var error = await Assert.ThrowsAsync<AccessTokenException>(() => _keys.RefreshAsync(default).AsTask());
            Assert.Equal("oidc: get keys failed: 503 Service Unavailable closed", error.Message);
        }

        Assert.Equal(1, _team.Asked);
        Assert.Empty(_keys.Find(null));
        _team.Instead = null;
        _time.Advance(TimeSpan.FromSeconds(1));
        await _keys.RefreshAsync(default);
        Assert.Single(_keys.Find("first"));
    }

    [Fact]
    public async Task Keys_stay_when_the_issuer_cannot_be_reached()
    {
        await _keys.RefreshAsync(default);
        await _team.StopServerAsync();
        _time.Advance(AccessKeySet.Lifetime * 2);

        Assert.Single(_keys.Find("first"));
        await Assert.ThrowsAsync<AccessTokenException>(() => _keys.RefreshAsync(default).AsTask());
        Assert.Single(_keys.Find("first"));
    }

    [Fact]
    public async Task Old_keys_are_replaced_without_making_anybody_wait()
    {
        await _keys.RefreshAsync(default);
        _team.RemoveKey("first");
        _team.AddKey("second");
        _time.Advance(AccessKeySet.Lifetime + TimeSpan.FromSeconds(1));

        Assert.Single(_keys.Find("first"));
        await _keys.RefreshAsync(default);
        Assert.Empty(_keys.Find("first"));
        Assert.Single(_keys.Find("second"));
        Assert.Equal(2, _team.Asked);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(3650)]
    [InlineData(-3650)]
    public async Task Date_that_is_set_neither_ages_keys_nor_keeps_new_ones_away(int days)
    {
        await _keys.RefreshAsync(default);
        _time.Jump(TimeSpan.FromDays(days));
        for (var i = 0; i < 100; i++)
        {
            Assert.Single(_keys.Find("first"));
            await _keys.RefreshAsync(default);
        }

        Assert.Equal(1, _team.Asked);
        _team.AddKey("second");
        _time.Advance(AccessKeySet.Interval);
        await _keys.RefreshAsync(default);
        Assert.Single(_keys.Find("second"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"keys\":1}")]
    [InlineData("nonsense")]
    [InlineData("{\"keys\":[{\"kty\":\"RSA\",\"n\":1}]}")]
    public async Task Answer_that_is_no_key_set_gives_no_keys(string answer)
    {
        _team.Instead = context => context.Response.WriteAsync(answer);

        await Record.ExceptionAsync(() => _keys.RefreshAsync(default).AsTask());
        Assert.Empty(_keys.Find(null));
    }

    [Fact]
    public async Task Only_signing_keys_are_kept_and_not_too_many()
    {
        var many = string.Join(
            ',', Enumerable.Range(0, 1000).Select(i => $"{{\"kty\":\"RSA\",\"kid\":\"{i}\",\"n\":\"AQAB\",\"e\":\"AQAB\"}}"));
        _team.Instead = context => context.Response.WriteAsync(
            "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"ec\"},{\"kty\":\"oct\",\"kid\":\"secret\",\"k\":\"AA\"},"
                + $"{{\"kty\":\"RSA\",\"kid\":\"enc\",\"use\":\"enc\",\"n\":\"AQAB\",\"e\":\"AQAB\"}},{many}]}}");
        await _keys.RefreshAsync(default);

        Assert.Equal(AccessKeySet.MaxKeys, _keys.Find(null).Count);
        Assert.Empty(_keys.Find("ec"));
        Assert.Empty(_keys.Find("secret"));
        Assert.Empty(_keys.Find("enc"));
    }

    [Fact]
    public async Task Answer_that_is_too_large_is_given_up()
    {
        _team.Instead = context => context.Response.WriteAsync(new string(' ', AccessKeyClient.MaxBytes + 1));

        var error = await Assert.ThrowsAsync<AccessTokenException>(() => _keys.RefreshAsync(default).AsTask());
        Assert.StartsWith("oidc: get keys failed", error.Message);
    }

    [Fact]
    public async Task Redirect_is_not_followed()
    {
        _team.Instead = context =>
        {
            context.Response.Redirect("https://localhost/elsewhere");
            return Task.CompletedTask;
        };

        await Assert.ThrowsAsync<AccessTokenException>(() => _keys.RefreshAsync(default).AsTask());
        Assert.Equal(1, _team.Asked);
    }

    [Fact]
    public async Task Nothing_is_fetched_after_the_end()
    {
        _keys.Dispose();
        await _keys.RefreshAsync(default);

        Assert.Equal(0, _team.Asked);
        Assert.Empty(_keys.Find(null));
    }
}
