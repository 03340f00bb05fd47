using System.Net;
using System.Text;
using Culvert.Engine.Answers;

namespace Culvert.Edge.Visitors;

/// <summary>Writes an <see cref="EdgeError"/>: a page for people, JSON for visitors that ask for it.</summary>
internal static class ErrorPage
{
    public static Task WriteAsync(Visitor visitor, EdgeError error)
    {
        visitor.ResponseHeaders["CF-Ray"] = visitor.Ray.ToString();
        return WantsJson(visitor.RequestHeaders.Accept.ToString())
            ? visitor.AnswerAsync(error, WholeAnswer.Json, Json(visitor, error))
            : visitor.AnswerAsync(error, "text/html; charset=utf-8", Html(visitor, error));
    }

    // JSON only for those who name it and do not prefer a page, as browsers do.
    internal static bool WantsJson(string accept) =>
        accept.Contains("application/json", StringComparison.OrdinalIgnoreCase)
        && !accept.Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static ReadOnlyMemory<byte> Json(Visitor visitor, EdgeError error) => WholeAnswer.JsonObject(json =>
    {
        json.WriteNumber("status", error.Status);
        json.WriteString("error", error.Code);
        json.WriteString("title", error.Title);
        json.WriteString("detail", error.Advice);
        json.WriteString("host", visitor.Authority);
        json.WriteString("ray", visitor.Ray.ToString());
    });

    private static ReadOnlyMemory<byte> Html(Visitor visitor, EdgeError error) => Encoding.UTF8.GetBytes($$"""
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>{{error.Status}} {{error.Title}}</title>
        <style>
        body { font: 17px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 15vh auto 0; padding: 0 1.5rem; color: #1b2a33; }
        h1 { font-size: 1.6rem; } small { color: #5b6b75; }
        @media (prefers-color-scheme: dark) { body { background: #10181d; color: #dbe4ea; } small { color: #8fa1ac; } }
        </style></head>
        <body>
        <h1>{{error.Title}}</h1>
        <p>{{error.Advice}}</p>
        <p><small>{{WebUtility.HtmlEncode(visitor.Authority)}} &middot;
        {{error.Status}} {{error.Code}} &middot; {{visitor.Ray}}</small></p>
        </body>
        </html>

        """);
}
