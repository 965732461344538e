// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

//! words DIR PORT: counts the words of documents, over HTTP.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{mpsc, Arc, Mutex, RwLock};
use std::thread;

struct Words {
    place: PathBuf,
    counts: RwLock<BTreeMap<String, BTreeMap<String, usize>>>,
    log: Mutex<File>,
}

struct Request {
    method: String,
    path: String,
    body: String,
}

fn read(stream: &TcpStream) -> io::Result<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let method = words.next().unwrap_or("").to_string();
    let path = words.next().unwrap_or("").to_string();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        match header.trim().to_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap_or(0),
            Some(_) => (),
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Request { method, path, body: String::from_utf8_lossy(&body).into_owned() })
}

impl Words {
    /// Replaces the document: a new file first, then a rename.
    fn store(&self, name: &str, text: &str) -> io::Result<String> {
        let new = self.place.join(format!("{name}.new"));
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, self.place.join(name))?;
        let mut counts = BTreeMap::new();
        for word in text.split_whitespace() {
            *counts.entry(word.to_string()).or_insert(0) += 1;
        }
        let answer = format!("{} different of {}", counts.len(), counts.values().sum::<usize>());
        self.counts.write().unwrap().insert(name.to_string(), counts);
        Ok(answer)
    }

    fn remove(&self, name: &str) -> io::Result<String> {
        fs::remove_file(self.place.join(name))?;
        self.counts.write().unwrap().remove(name);
        Ok("gone".to_string())
    }

    fn list(&self) -> io::Result<String> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.place)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        Ok(names.join("\n"))
    }

    fn count(&self, word: &str) -> String {
        self.counts.read().unwrap().values().filter_map(|counts| counts.get(word)).sum::<usize>().to_string()
    }

    fn answer(&self, request: &Request) -> io::Result<String> {
        writeln!(self.log.lock().unwrap(), "{} {}", request.method, request.path)?;
        let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["documents", name]) => self.store(name, &request.body),
            ("DELETE", ["documents", name]) => self.remove(name),
            ("GET", ["documents"]) => self.list(),
            ("GET", ["words", word]) => Ok(self.count(word)),
            ("GET", ["child"]) => {
                let output = Command::new("uname").arg("-s").output()?;
                Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
            }
            ("POST", ["stop"]) => Ok(String::new()),
            _ => Err(io::Error::new(io::ErrorKind::NotFound, "none")),
        }
    }

    /// Whether to go on.
    fn serve(&self, mut stream: TcpStream) -> io::Result<bool> {
        let request = read(&stream)?;
        let (status, body) = match self.answer(&request) {
            Ok(body) => ("200 OK", body),
            Err(error) => ("404 Not Found", error.to_string()),
        };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())?;
        Ok(request.path != "/stop")
    }
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let place = PathBuf::from(&arguments[1]).join("documents");
    fs::create_dir(&place)?;
    let log = OpenOptions::new().create(true).append(true).open(PathBuf::from(&arguments[1]).join("log"))?;
    let words = Arc::new(Words { place, counts: RwLock::new(BTreeMap::new()), log: Mutex::new(log) });
    let listener = TcpListener::bind(format!("127.0.0.1:{}", arguments[2]))?;
    let (sender, receiver) = mpsc::channel::<TcpStream>();
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..4 {
        let (words, receiver) = (words.clone(), receiver.clone());
        thread::spawn(move || loop {
            let next = receiver.lock().unwrap().recv();
            match next.map(|stream| words.serve(stream)) {
                Ok(Ok(false)) => std::process::exit(0),
                Ok(_) => (),
                Err(_) => return,
            }
        });
    }
    for stream in listener.incoming() {
        sender.send(stream?).unwrap();
    }
    Ok(())
}
