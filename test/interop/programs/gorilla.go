// gorilla client URL | server PORT, and "deflate"
package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

type message struct {
	kind int
	data []byte
}

func messages() []message {
	binary := make([]byte, 100000)
	for index := range binary {
		binary[index] = byte(index % 251)
	}
	return []message{
		{websocket.TextMessage, []byte("short")},
		{websocket.TextMessage, nil},
		{websocket.TextMessage, []byte(strings.Repeat("0123456789", 7000))},
		{websocket.TextMessage, []byte("grüße 👋 𝄞")},
		{websocket.BinaryMessage, binary},
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func client(url string, deflate bool) {
	// Frames are as long as this buffer, 4,096 bytes by default.
	dialer := websocket.Dialer{EnableCompression: deflate}
	socket, response, err := dialer.Dial(url, nil)
	check(err)
	for round := 0; round < 3; round++ {
		for _, sent := range messages() {
			writer, err := socket.NextWriter(sent.kind)
			check(err)
			_, err = writer.Write(sent.data)
			check(err)
			check(writer.Close())
			kind, data, err := socket.ReadMessage()
			check(err)
			if kind != sent.kind || !bytes.Equal(data, sent.data) {
				check(fmt.Errorf("another echo of %d bytes: %d bytes", len(sent.data), len(data)))
			}
		}
	}
	closing := websocket.FormatCloseMessage(1000, "")
	check(socket.WriteControl(websocket.CloseMessage, closing, time.Now().Add(5*time.Second)))
	_, _, err = socket.ReadMessage()
	closed, isClose := err.(*websocket.CloseError)
	if !isClose {
		check(err)
	}
	fmt.Printf("{\"extensions\": %q, \"code\": %d}\n", response.Header.Get("Sec-WebSocket-Extensions"), closed.Code)
}

func server(port string, deflate bool) {
	upgrader := websocket.Upgrader{EnableCompression: deflate}
	check(http.ListenAndServe("127.0.0.1:"+port, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer socket.Close()
		for {
			kind, data, err := socket.ReadMessage()
			if err != nil {
				return
			}
			check(socket.WriteMessage(kind, data))
		}
	})))
}

func main() {
	deflate := len(os.Args) > 3
	if os.Args[1] == "client" {
		client(os.Args[2], deflate)
	} else {
		server(os.Args[2], deflate)
	}
}
