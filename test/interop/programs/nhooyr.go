// nhooyr client URL | server PORT, and "deflate" or "deflate-with-context"
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"nhooyr.io/websocket"
)

type message struct {
	kind websocket.MessageType
	data []byte
}

func messages() []message {
	binary := make([]byte, 100000)
	for index := range binary {
		binary[index] = byte(index % 251)
	}
	return []message{
		{websocket.MessageText, []byte("short")},
		{websocket.MessageText, nil},
		{websocket.MessageText, []byte(strings.Repeat("0123456789", 7000))},
		{websocket.MessageText, []byte("grüße 👋 𝄞")},
		{websocket.MessageBinary, binary},
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func modeOf(parameters []string) websocket.CompressionMode {
	if len(parameters) == 0 {
		return websocket.CompressionDisabled
	}
	if parameters[0] == "deflate-with-context" {
		return websocket.CompressionContextTakeover
	}
	return websocket.CompressionNoContextTakeover
}

func client(url string, mode websocket.CompressionMode) {
	background := context.Background()
	socket, response, err := websocket.Dial(background, url, &websocket.DialOptions{CompressionMode: mode, CompressionThreshold: 1})
	check(err)
	socket.SetReadLimit(1 << 20)
	for round := 0; round < 3; round++ {
		for _, sent := range messages() {
			// A frame for each write.
			writer, err := socket.Writer(background, sent.kind)
			check(err)
			for rest := sent.data; len(rest) > 0; {
				size := 4096
				if len(rest) < size {
					size = len(rest)
				}
				_, err = writer.Write(rest[:size])
				check(err)
				rest = rest[size:]
			}
			check(writer.Close())
			kind, data, err := socket.Read(background)
			check(err)
			if kind != sent.kind || !bytes.Equal(data, sent.data) {
				check(fmt.Errorf("another echo of %d bytes: %d bytes", len(sent.data), len(data)))
			}
		}
	}
	// Gives an error unless the same code comes back.
	check(socket.Close(websocket.StatusNormalClosure, ""))
	fmt.Printf("{\"extensions\": %q, \"code\": 1000}\n", response.Header.Get("Sec-WebSocket-Extensions"))
}

func server(port string, mode websocket.CompressionMode) {
	check(http.ListenAndServe("127.0.0.1:"+port, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: mode, CompressionThreshold: 1})
		if err != nil {
			return
		}
		socket.SetReadLimit(1 << 20)
		for {
			kind, reader, err := socket.Reader(r.Context())
			if err != nil {
				return
			}
			data, err := io.ReadAll(reader)
			if err != nil {
				return
			}
			check(socket.Write(r.Context(), kind, data))
		}
	})))
}

func main() {
	mode := modeOf(os.Args[3:])
	if os.Args[1] == "client" {
		client(os.Args[2], mode)
	} else {
		server(os.Args[2], mode)
	}
}
