// beast client URL | server PORT, and "deflate"
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = boost::asio::ip::tcp;

struct Message {
  bool isText;
  std::string data;
};

static std::vector<Message> messages() {
  std::string digits, binary;
  for (int times = 0; times < 7000; times++) digits += "0123456789";
  for (int index = 0; index < 100000; index++) binary += static_cast<char>(index % 251);
  return {{true, "short"}, {true, ""}, {true, digits}, {true, "grüße 👋 𝄞"}, {false, binary}};
}

static void configure(websocket::stream<tcp::socket> &socket, bool deflate) {
  websocket::permessage_deflate option;
  option.client_enable = deflate;
  option.server_enable = deflate;
  socket.set_option(option);
  socket.auto_fragment(true);
  socket.write_buffer_bytes(4096);
}

static void client(const std::string &url, bool deflate) {
  boost::asio::io_context context;
  const std::string port = url.substr(url.rfind(':') + 1, url.rfind('/') - url.rfind(':') - 1);
  websocket::stream<tcp::socket> socket{context};
  boost::asio::connect(socket.next_layer(), tcp::resolver{context}.resolve("127.0.0.1", port));
  configure(socket, deflate);
  websocket::response_type response;
  socket.handshake(response, "127.0.0.1:" + port, "/");
  for (int round = 0; round < 3; round++) {
    for (const auto &message : messages()) {
      socket.text(message.isText);
      socket.write(boost::asio::buffer(message.data));
      beast::flat_buffer received;
      socket.read(received);
      if (beast::buffers_to_string(received.data()) != message.data || socket.got_text() != message.isText)
        throw std::runtime_error("another echo");
    }
  }
  socket.close(websocket::close_code::normal);
  std::cout << "{\"extensions\": \"" << response["Sec-WebSocket-Extensions"] << "\", \"code\": " << socket.reason().code
            << "}" << std::endl;
}

static void echo(tcp::socket connection, bool deflate) {
  try {
    websocket::stream<tcp::socket> socket{std::move(connection)};
    configure(socket, deflate);
    socket.accept();
    for (;;) {
      beast::flat_buffer received;
      socket.read(received);
      socket.text(socket.got_text());
      socket.write(received.data());
    }
  } catch (const std::exception &) {
    // The client has gone.
  }
}

static void server(const std::string &port, bool deflate) {
  boost::asio::io_context context;
  tcp::acceptor acceptor{context, {boost::asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(std::stoi(port))}};
  for (;;) std::thread{echo, acceptor.accept(), deflate}.detach();
}

int main(int count, char **parameters) {
  try {
    const bool deflate = count > 3;
    if (std::string(parameters[1]) == "client")
      client(parameters[2], deflate);
    else
      server(parameters[2], deflate);
  } catch (const std::exception &error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
