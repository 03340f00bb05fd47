# The implicit structs of the methods' parameters and results have no name that the tool takes, so they are written out here.
@0xa8e6a2a1b9c6d3f1;

using T = import "tunnelrpc.capnp";

struct RegisterConnectionParams {
  auth @0 :T.TunnelAuth;
  tunnelId @1 :Data;
  connIndex @2 :UInt8;
  options @3 :T.ConnectionOptions;
}

struct RegisterConnectionResults {
  result @0 :T.ConnectionResponse;
}

struct UpdateLocalConfigurationParams {
  config @0 :Data;
}

struct RegisterUdpSessionParams {
  sessionId @0 :Data;
  dstIp @1 :Data;
  dstPort @2 :UInt16;
  closeAfterIdleHint @3 :Int64;
  traceContext @4 :Text = "";
}

struct RegisterUdpSessionResults {
  result @0 :T.RegisterUdpSessionResponse;
}

struct UnregisterUdpSessionParams {
  sessionId @0 :Data;
  message @1 :Text;
}

struct UpdateConfigurationParams {
  version @0 :Int32;
  config @1 :Data;
}

struct UpdateConfigurationResults {
  result @0 :T.UpdateConfigurationResponse;
}
