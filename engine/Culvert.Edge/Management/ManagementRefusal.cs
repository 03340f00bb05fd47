using Culvert.Edge.Visitors;
using Culvert.Engine.Answers;

namespace Culvert.Edge.Management;

/// <summary>Why a request for a connector's management service is not forwarded, in the form that its clients show.</summary>
/// <param name="Error">Status and name.</param>
/// <param name="Code">Number for clients; the first is that of connectors (supervisor-and-operations, section 7.1).</param>
/// <param name="Message">One line for people.</param>
internal sealed record ManagementRefusal(EdgeError Error, int Code, string Message)
{
    public static readonly ManagementRefusal NoToken = new(
        EdgeError.ManagementRefused, 1001, "missing access_token query parameter");

    public static readonly ManagementRefusal InvalidToken = new(
        EdgeError.ManagementRefused with { Status = 401 }, 1002, "the access_token is not valid, or its time is up");

    public static readonly ManagementRefusal NotAllowed = new(
        EdgeError.ManagementRefused with { Status = 403 }, 1003, "the access_token is for another resource");

    public static readonly ManagementRefusal NoConnector = new(
        EdgeError.NoConnector, 1004, "no connector of the tunnel is connected");

    public static readonly ManagementRefusal BadConnector = new(EdgeError.ManagementRefused, 1005, "connector_id is no UUID");

    /// <summary>Answers with it.</summary>
    public Task WriteAsync(Visitor visitor) => visitor.AnswerAsync(Error, WholeAnswer.Json, WholeAnswer.JsonObject(json =>
    {
        json.WriteStartArray("errors");
        json.WriteStartObject();
        json.WriteNumber("code", Code);
        json.WriteString("message", Message);
        json.WriteEndObject();
        json.WriteEndArray();
    }));
}
