// websocketpp client URL | server PORT, and "deflate"
#include <iostream>
#include <string>
#include <vector>
#include <websocketpp/client.hpp>
#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/config/asio_no_tls_client.hpp>
#include <websocketpp/extensions/permessage_deflate/enabled.hpp>
#include <websocketpp/server.hpp>

template <typename Base> struct Deflating : Base {
  struct permessage_deflate_config {
    typedef typename Base::request_type request_type;
    static const bool allow_disabling_context_takeover = true;
    static const uint8_t minimum_outgoing_window_bits = 8;
  };
  typedef websocketpp::extensions::permessage_deflate::enabled<permessage_deflate_config> permessage_deflate_type;
};

namespace opcode = websocketpp::frame::opcode;

struct Message {
  opcode::value kind;
  std::string data;
};

static std::vector<Message> messages() {
  std::string digits, binary;
  for (int times = 0; times < 7000; times++) digits += "0123456789";
  for (int index = 0; index < 100000; index++) binary += static_cast<char>(index % 251);
  return {{opcode::text, "short"}, {opcode::text, ""}, {opcode::text, digits}, {opcode::text, "grüße 👋 𝄞"}, {opcode::binary, binary}};
}

template <typename Config> static void client(const std::string &url) {
  typedef websocketpp::client<Config> Client;
  Client endpoint;
  endpoint.clear_access_channels(websocketpp::log::alevel::all);
  endpoint.init_asio();
  std::vector<Message> waiting;
  for (int round = 0; round < 3; round++)
    for (const auto &message : messages()) waiting.push_back(message);
  size_t next = 0;
  std::string extensions;
  endpoint.set_open_handler([&](websocketpp::connection_hdl handle) {
    extensions = endpoint.get_con_from_hdl(handle)->get_response_header("Sec-WebSocket-Extensions");
    endpoint.send(handle, waiting[0].data, waiting[0].kind);
  });
  endpoint.set_message_handler([&](websocketpp::connection_hdl handle, typename Client::message_ptr message) {
    if (message->get_payload() != waiting[next].data || message->get_opcode() != waiting[next].kind) throw std::runtime_error("another echo");
    if (++next < waiting.size())
      endpoint.send(handle, waiting[next].data, waiting[next].kind);
    else
      endpoint.close(handle, websocketpp::close::status::normal, "");
  });
  endpoint.set_close_handler([&](websocketpp::connection_hdl handle) {
    const auto code = endpoint.get_con_from_hdl(handle)->get_remote_close_code();
    std::cout << "{\"extensions\": \"" << extensions << "\", \"code\": " << code << "}" << std::endl;
  });
  websocketpp::lib::error_code error;
  endpoint.connect(endpoint.get_connection(url, error));
  endpoint.run();
  if (next < waiting.size()) throw std::runtime_error("no echo of everything");
}

template <typename Config> static void server(const std::string &port) {
  typedef websocketpp::server<Config> Server;
  Server endpoint;
  endpoint.clear_access_channels(websocketpp::log::alevel::all);
  endpoint.clear_error_channels(websocketpp::log::elevel::all);
  endpoint.init_asio();
  endpoint.set_reuse_addr(true);
  endpoint.set_message_handler([&](websocketpp::connection_hdl handle, typename Server::message_ptr message) {
    endpoint.send(handle, message->get_payload(), message->get_opcode());
  });
  endpoint.listen("127.0.0.1", port);
  endpoint.start_accept();
  endpoint.run();
}

int main(int count, char **parameters) {
  try {
    const bool deflate = count > 3;
    const std::string target = parameters[2];
    if (std::string(parameters[1]) == "client")
      deflate ? client<Deflating<websocketpp::config::asio_client>>(target) : client<websocketpp::config::asio_client>(target);
    else
      deflate ? server<Deflating<websocketpp::config::asio>>(target) : server<websocketpp::config::asio>(target);
  } catch (const std::exception &error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
