// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

// notes DIR PORT: notes over HTTP.
package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

type notes struct {
	sync.RWMutex
	dir  string
	text []string
}

// save replaces the file: a new one first, then a rename.
func (n *notes) save() error {
	file, err := os.CreateTemp(n.dir, "notes-*.json")
	if err != nil {
		return err
	}
	if err := json.NewEncoder(file).Encode(n.text); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	file.Close()
	return os.Rename(file.Name(), filepath.Join(n.dir, "notes.json"))
}

func (n *notes) add(text string) (int, error) {
	n.Lock()
	defer n.Unlock()
	n.text = append(n.text, text)
	return len(n.text), n.save()
}

func (n *notes) list() string {
	n.RLock()
	defer n.RUnlock()
	all, _ := json.Marshal(n.text)
	return string(all)
}

func (n *notes) handle(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		fmt.Fprint(w, n.list())
		return
	}
	body, _ := io.ReadAll(r.Body)
	number, err := n.add(string(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprint(w, number)
}

func (n *notes) packed(w http.ResponseWriter, r *http.Request) {
	zip := gzip.NewWriter(w)
	defer zip.Close()
	fmt.Fprint(zip, n.list())
}

func child(w http.ResponseWriter, r *http.Request) {
	out, err := exec.CommandContext(r.Context(), "uname", "-s").Output()
	fmt.Fprint(w, strings.TrimSpace(string(out)))
	if err != nil {
		log.Print(err)
	}
}

func userID(w http.ResponseWriter, r *http.Request) {
	who, err := user.Lookup(filepath.Base(r.URL.Path))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	fmt.Fprint(w, who.Uid)
}

func name(w http.ResponseWriter, r *http.Request) {
	all, err := net.DefaultResolver.LookupIP(r.Context(), "ip4", filepath.Base(r.URL.Path))
	if err != nil || len(all) == 0 {
		http.NotFound(w, r)
		return
	}
	fmt.Fprint(w, all[0])
}

func main() {
	n := &notes{dir: os.Args[1], text: []string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/notes", n.handle)
	mux.HandleFunc("/packed", n.packed)
	mux.HandleFunc("/child", child)
	mux.HandleFunc("/user/", userID)
	mux.HandleFunc("/name/", name)
	server := &http.Server{Handler: mux}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	for network, address := range map[string]string{"tcp": "127.0.0.1:" + os.Args[2], "unix": filepath.Join(n.dir, "socket")} {
		listener, err := net.Listen(network, address)
		if err != nil {
			log.Fatal(err)
		}
		go server.Serve(listener)
	}
	<-ctx.Done()
	if err := server.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
}
