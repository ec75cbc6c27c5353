// libwebsockets client URL | server PORT, and "deflate"
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 3
#define KINDS 5
#define LONGEST 100000
#define FRAGMENT 4096

struct message {
  int is_text;
  size_t length;
  unsigned char *bytes;
};

/** What is being sent or received on a socket. */
struct session {
  unsigned char *received;
  size_t received_length;
  size_t sent_length;
  int is_text;
  int is_sending;
};

static struct message messages[KINDS];
static int next_message = 0;
static int is_done = 0;
static int close_code = 0;
static char extensions[256];
static unsigned char out[LWS_PRE + FRAGMENT];

static struct message text(const char *bytes, size_t length) {
  struct message made = {1, length, malloc(length + 1)};
  memcpy(made.bytes, bytes, length);
  return made;
}

static void make_messages(void) {
  static char digits[70000];
  const char *unicode = "gr\xc3\xbc\xc3\x9f" "e \xf0\x9f\x91\x8b \xf0\x9d\x84\x9e";
  for (int index = 0; index < 70000; index++) digits[index] = (char)('0' + index % 10);
  messages[0] = text("short", 5);
  messages[1] = text("", 0);
  messages[2] = text(digits, 70000);
  messages[3] = text(unicode, strlen(unicode));
  messages[4] = (struct message){0, LONGEST, malloc(LONGEST)};
  for (int index = 0; index < LONGEST; index++) messages[4].bytes[index] = (unsigned char)(index % 251);
}

static int fail(const char *why) {
  fprintf(stderr, "%s\n", why);
  exit(1);
}

/** Writes the next fragment. Returns whether the message is whole. */
static int write_fragment(struct lws *wsi, struct session *session, const unsigned char *bytes, size_t length, int is_text) {
  size_t left = length - session->sent_length;
  size_t now = left > FRAGMENT ? FRAGMENT : left;
  int kind = session->sent_length > 0 ? LWS_WRITE_CONTINUATION : is_text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY;
  if (now < left) kind |= LWS_WRITE_NO_FIN;
  if (now > 0) memcpy(out + LWS_PRE, bytes + session->sent_length, now);
  if (lws_write(wsi, out + LWS_PRE, now, kind) < 0) fail("cannot write");
  session->sent_length += now;
  if (session->sent_length < length) {
    lws_callback_on_writable(wsi);
    return 0;
  }
  session->sent_length = 0;
  return 1;
}

/** Adds what has come. Returns whether the message is whole. */
static int add_received(struct lws *wsi, struct session *session, const void *in, size_t length) {
  if (session->received_length + length > LONGEST) fail("another echo");
  if (length > 0) memcpy(session->received + session->received_length, in, length);
  session->received_length += length;
  session->is_text = !lws_frame_is_binary(wsi);
  return lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
}

static int as_client(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  struct session *session = user;
  struct message *expected = &messages[next_message % KINDS];
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      return fail(in ? in : "cannot connect");
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
      if (lws_hdr_copy(wsi, extensions, sizeof extensions, WSI_TOKEN_EXTENSIONS) < 0) extensions[0] = 0;
      return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      session->received = malloc(LONGEST);
      lws_callback_on_writable(wsi);
      return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      if (next_message == ROUNDS * KINDS) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
        return -1;
      }
      if (session->is_sending < 0) return 0;
      if (write_fragment(wsi, session, expected->bytes, expected->length, expected->is_text)) session->is_sending = -1;
      return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
      if (!add_received(wsi, session, in, length)) return 0;
      if (session->received_length != expected->length || memcmp(session->received, expected->bytes, expected->length) ||
          session->is_text != expected->is_text)
        return fail("another echo");
      session->received_length = 0;
      session->is_sending = 0;
      next_message++;
      lws_callback_on_writable(wsi);
      return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      if (length >= 2) close_code = ((unsigned char *)in)[0] << 8 | ((unsigned char *)in)[1];
      return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
      is_done = 1;
      return 0;
    default:
      return 0;
  }
}

static int as_server(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  struct session *session = user;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      session->received = malloc(LONGEST);
      return 0;
    case LWS_CALLBACK_RECEIVE:
      if (!add_received(wsi, session, in, length)) return 0;
      lws_callback_on_writable(wsi);
      session->is_sending = 1;
      return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      if (!session->is_sending) return 0;
      if (!write_fragment(wsi, session, session->received, session->received_length, session->is_text)) return 0;
      session->is_sending = 0;
      session->received_length = 0;
      return 0;
    case LWS_CALLBACK_CLOSED:
      free(session->received);
      return 0;
    default:
      return 0;
  }
}

static const struct lws_protocols client_protocols[] = {{"echo", as_client, sizeof(struct session), 4096, 0, NULL, 0}, {0}};
static const struct lws_protocols server_protocols[] = {{"echo", as_server, sizeof(struct session), 4096, 0, NULL, 0}, {0}};
static const struct lws_extension deflate[] = {
  {"permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate; client_no_context_takeover; client_max_window_bits"},
  {0},
};

int main(int count, char **parameters) {
  int is_client = strcmp(parameters[1], "client") == 0;
  struct lws_context_creation_info info = {0};
  lws_set_log_level(LLL_ERR, NULL);
  make_messages();
  info.port = is_client ? CONTEXT_PORT_NO_LISTEN : atoi(parameters[2]);
  info.iface = "127.0.0.1";
  info.protocols = is_client ? client_protocols : server_protocols;
  info.extensions = count > 3 ? deflate : NULL;
  struct lws_context *context = lws_create_context(&info);
  if (!context) return fail("no context");
  if (is_client) {
    struct lws_client_connect_info connection = {0};
    connection.context = context;
    connection.address = "127.0.0.1";
    connection.port = atoi(strrchr(parameters[2], ':') + 1);
    connection.path = "/";
    connection.host = connection.address;
    connection.local_protocol_name = "echo";
    if (!lws_client_connect_via_info(&connection)) return fail("cannot connect");
  }
  while (!is_done && lws_service(context, 0) >= 0) continue;
  printf("{\"extensions\": \"%s\", \"code\": %d}\n", extensions, next_message == ROUNDS * KINDS ? 1000 : close_code);
  lws_context_destroy(context);
  return 0;
}
