// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Notes DIRECTORY PORT: notes over HTTP, kept in a file; packed into a temporary archive when asked.
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

public class Notes {
	private static final List<String> notes = new ArrayList<>();
	private static Path file;

	private static synchronized String add(String note) throws IOException {
		notes.add(note);
		Path fresh = Files.createTempFile("notes", ".txt");
		Files.write(fresh, notes);
		Files.copy(fresh, file, StandardCopyOption.REPLACE_EXISTING);
		Files.delete(fresh);
		return String.valueOf(notes.size());
	}

	private static synchronized String packed() throws IOException {
		Path archive = Files.createTempFile("notes", ".zip");
		try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(archive))) {
			for (String note : Files.readAllLines(file)) {
				out.putNextEntry(new ZipEntry(note));
				out.write(note.getBytes(StandardCharsets.UTF_8));
			}
		}
		try (ZipFile in = new ZipFile(archive.toFile())) {
			return String.valueOf(in.size());
		} finally {
			Files.delete(archive);
		}
	}

	private static String child() throws IOException {
		Process process = new ProcessBuilder("/usr/bin/uname").start();
		return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
	}

	private static String answer(HttpExchange exchange) throws IOException {
		switch (exchange.getRequestURI().getPath()) {
		case "/notes":
			if (exchange.getRequestMethod().equals("POST"))
				return add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
			synchronized (Notes.class) {
				return notes.toString();
			}
		case "/packed":
			return packed();
		case "/child":
			return child();
		default:
			return "?";
		}
	}

	public static void main(String[] words) throws IOException {
		file = Path.of(words[0], "notes");
		HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(words[1])), 0);
		server.setExecutor(Executors.newFixedThreadPool(4));
		server.createContext("/", exchange -> {
			byte[] text = answer(exchange).getBytes(StandardCharsets.UTF_8);
			exchange.sendResponseHeaders(200, text.length);
			exchange.getResponseBody().write(text);
			exchange.close();
		});
		server.start();
	}
}
