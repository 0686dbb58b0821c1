#include "tests/campaign/ring_server.h"

#include "common/base/check.h"
#include "common/base/socket.h"
#include "common/kmes/kmes_protocol.h"

#include <poll.h>
#include <sys/socket.h>
#include <array>
#include <cerrno>
#include <utility>
#include <variant>

namespace evd::test {

namespace {

constexpr int kLookMs = 50;
constexpr int kBacklog = 16;
constexpr mode_t kSocketMode = 0666;

base::Fd listening(const std::string& path) {
    auto listener = base::listenUnix(path, SOCK_SEQPACKET, kSocketMode, kBacklog);
    EVD_CHECK(listener.ok(), "a socket for rings could not be made");
    return std::move(listener).value();
}

}  // namespace

RingServer::RingServer(const std::string& socket_path, uint16_t cpus, Attach attach)
    : cpus_(cpus),
      attach_(std::move(attach)),
      listener_(listening(socket_path)),
      thread_("rings", [this] { run(); }) {}

RingServer::~RingServer() {
    stopping_ = true;
    thread_.join();
}

void RingServer::run() {
    while (!stopping_) {
        std::vector<pollfd> waits = {{listener_.get(), POLLIN, 0}};
        for (const base::Fd& connection : connections_) {
            waits.push_back({connection.get(), POLLIN, 0});
        }
        if (::poll(waits.data(), waits.size(), kLookMs) <= 0) {
            continue;
        }
        for (size_t at = waits.size() - 1; at > 0; --at) {
            if (waits[at].revents != 0 && !answer(waits[at].fd)) {
                connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(at) - 1);
            }
        }
        if (waits[0].revents != 0) {
            base::Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (connection.valid()) {
                connections_.push_back(std::move(connection));
            }
        }
    }
}

bool RingServer::answer(int connection) {
    std::array<uint8_t, 4096> buffer{};
    const auto packet = base::receivePacket(connection, buffer);
    if (!packet.ok()) {
        return false;
    }
    const auto request = kmes::parseRequest(std::span(buffer).first(packet.value().bytes));
    const auto* wanted =
        request.ok() ? std::get_if<kmes::AttachRequest>(&request.value()) : nullptr;
    if (wanted == nullptr) {
        return base::sendPacket(connection, kmes::encodeReply(kmes::EmitReply{-EPERM, 0})).ok();
    }
    if (wanted->cpu >= cpus_) {
        return base::sendPacket(connection, kmes::encodeReply(kmes::AttachReply{-EINVAL, 0})).ok();
    }
    const auto attached = attach_(static_cast<uint16_t>(wanted->cpu));
    const int fds[] = {attached.memories.producer.get(), attached.memories.consumer.get()};
    return base::sendPacket(connection, kmes::encodeReply(kmes::AttachReply{0, attached.capacity}),
                            fds)
        .ok();
}

}  // namespace evd::test
