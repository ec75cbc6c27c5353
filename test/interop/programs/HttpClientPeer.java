// java HttpClientPeer.java client URL: the WebSocket of java.net.http, which does not compress

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

public class HttpClientPeer implements WebSocket.Listener {
    private final LinkedBlockingQueue<Object> received = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean isLast) {
        text.append(part);
        if (isLast) {
            received.add(text.toString());
            text.setLength(0);
        }
        socket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer part, boolean isLast) {
        byte[] bytes = new byte[part.remaining()];
        part.get(bytes);
        binary.writeBytes(bytes);
        if (isLast) {
            received.add(binary.toByteArray());
            binary.reset();
        }
        socket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        received.add(code);
        return null;
    }

    private Object next() throws Exception {
        Object message = received.poll(20, TimeUnit.SECONDS);
        if (message == null) throw new Exception("nothing came");
        return message;
    }

    private static void send(WebSocket socket, Object message) {
        if (message instanceof String) {
            socket.sendText((String) message, true).join();
            return;
        }
        byte[] bytes = (byte[]) message;
        for (int start = 0; start < bytes.length; start += 4096) {
            int length = Math.min(4096, bytes.length - start);
            socket.sendBinary(ByteBuffer.wrap(bytes, start, length), start + length == bytes.length).join();
        }
    }

    public static void main(String[] parameters) throws Exception {
        byte[] bytes = new byte[100_000];
        for (int index = 0; index < bytes.length; index++) bytes[index] = (byte) (index % 251);
        Object[] messages = {"short", "", "0123456789".repeat(7000), "gr\u00fc\u00dfe \ud83d\udc4b \ud834\udd1e", bytes};
        HttpClientPeer peer = new HttpClientPeer();
        WebSocket socket = HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(URI.create(parameters[1]), peer).join();
        for (int round = 0; round < 3; round++) {
            for (Object message : messages) {
                send(socket, message);
                if (!Arrays.deepEquals(new Object[] {message}, new Object[] {peer.next()})) throw new Exception("another echo");
            }
        }
        socket.sendClose(1000, "").join();
        System.out.println("{\"extensions\": \"\", \"code\": " + peer.next() + "}");
    }
}
