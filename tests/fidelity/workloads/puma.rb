# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Notes: what puma serves.
require "digest"
require "erb"
require "json"
require "pstore"
require "tempfile"

module Notes
  PAGE = ERB.new("<% notes.each do |note| %><li><%= note %></li><% end %>")
  STORE = PStore.new("run/notes.store", true)

  module_function

  def notes
    STORE.transaction(true) { STORE.fetch(:notes, []) }
  end

  def add(text)
    STORE.transaction { (STORE[:notes] ||= []).push(text).size.to_s }
  end

  def file(body)
    Tempfile.create("note-") do |new|
      new.write(body)
      new.flush
      Digest::SHA256.file(new.path).hexdigest
    end
  end

  def answer(env)
    case [env["REQUEST_METHOD"], env["PATH_INFO"]]
    when ["GET", "/notes"] then notes.to_json
    when ["POST", "/notes"] then add(env["rack.input"].read)
    when ["POST", "/file"] then file(env["rack.input"].read)
    when ["GET", "/page"] then PAGE.result(binding)
    when ["GET", "/child"] then IO.popen(["uname", "-s"], &:read).strip
    when ["GET", "/obey"] then eval(File.read("orders.rb")).to_s
    end
  end

  def call(env)
    body = answer(env)
    body ? [200, { "content-type" => "text/plain" }, [body]] : [404, {}, ["none"]]
  end
end
