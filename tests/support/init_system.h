#pragma once

#include "common/base/fd.h"
#include "common/base/socket.h"
#include "tests/support/group.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evd::test {

// Plays the service manager: the notify socket with its descriptor store, and what a service finds
// from descriptor 3 on. Written from sd_notify(3), sd_listen_fds(3) and PSD-007 §11.1 alone.
//
// Nothing is read until read() is called; the kernel's queue holds what came before.
class InitSystem {
  public:
    explicit InitSystem(std::string notify_path)
        : path_(std::move(notify_path)),
          socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    }

    // What is there now; true when one of the messages contains the text.
    bool read(std::string_view wanted = "\n") {
        bool found = false;
        std::array<uint8_t, 4096> bytes{};
        for (auto packet = base::receivePacket(socket_.get(), bytes); packet.ok();
             packet = base::receivePacket(socket_.get(), bytes)) {
            const std::string text(bytes.begin(), bytes.begin() + packet.value().bytes);
            found = found || text.find(wanted) != std::string::npos;
            take(text, std::move(packet.value().fds));
        }
        return found;
    }

    bool waitFor(std::string_view wanted, int seconds) {
        return waitUntil(int64_t{seconds} * 1000, [&] { return read(wanted); });
    }

    // How the next service is started: stored descriptors are handed out, and, as peinit does it,
    // no longer held. It sets no LISTEN_PID either.
    void handOver(GroupOptions& options, std::vector<std::pair<std::string, int>> sockets = {}) {
        std::string names;
        for (const auto& [name, fd] : sockets) {
            names += (names.empty() ? "" : ":") + name;
            options.inherited.push_back(fd);
        }
        handed_out_ = std::exchange(stored, {});
        for (const auto& [name, fd] : handed_out_) {
            names += (names.empty() ? "" : ":") + name;
            options.inherited.push_back(fd.get());
        }
        options.environment.push_back("NOTIFY_SOCKET=" + path_);
        if (!options.inherited.empty()) {
            options.environment.push_back("LISTEN_FDS=" + std::to_string(options.inherited.size()));
            options.environment.push_back("LISTEN_FDNAMES=" + names);
        }
    }

    std::vector<std::pair<std::string, base::Fd>> stored;

  private:
    void take(const std::string& text, std::vector<base::Fd> fds) {
        const size_t at = text.find("FDNAME=");
        const std::string name =
            at == std::string::npos ? "" : text.substr(at + 7, text.find('\n', at) - at - 7);
        if (text.find("FDSTOREREMOVE=1") != std::string::npos) {
            std::erase_if(stored, [&](const auto& entry) { return entry.first == name; });
        } else if (text.find("FDSTORE=1") != std::string::npos) {
            for (auto& fd : fds) {
                stored.emplace_back(name, std::move(fd));
            }
        }
    }

    std::string path_;
    base::Fd socket_;
    std::vector<std::pair<std::string, base::Fd>> handed_out_;
};

}  // namespace evd::test
