#include "common/base/socket.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

using evd::base::connectUnix;
using evd::base::ErrorKind;
using evd::base::Fd;
using evd::base::kFdsPerPacketMax;
using evd::base::listenUnix;
using evd::base::makeSocketPair;
using evd::base::receivePacket;
using evd::base::sendPacket;
using evd::base::SocketPair;
using evd::test::TemporaryDirectory;

namespace {

constexpr std::array<uint8_t, 3> kBytes{1, 2, 3};

SocketPair packetPair() {
    auto pair = makeSocketPair(SOCK_SEQPACKET);
    REQUIRE(pair.ok());
    return std::move(pair).value();
}

mode_t modeOf(const std::string& path) {
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

bool isCloseOnExec(int fd) {
    return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

}  // namespace

TEST_CASE("socket pair: both ends are closed on exec") {
    const SocketPair pair = packetPair();
    CHECK(isCloseOnExec(pair.left.get()));
    CHECK(isCloseOnExec(pair.right.get()));
}

TEST_CASE("packet: arrives whole, with its boundary") {
    const SocketPair pair = packetPair();
    std::array<uint8_t, 16> buffer{};
    REQUIRE(sendPacket(pair.left.get(), kBytes).ok());
    REQUIRE(sendPacket(pair.left.get(), std::array<uint8_t, 1>{9}).ok());
    const auto first = receivePacket(pair.right.get(), buffer);
    REQUIRE(first.ok());
    CHECK(first.value().bytes == 3);
    CHECK_FALSE(first.value().truncated);
    CHECK(first.value().fds.empty());
    CHECK(buffer[2] == 3);
    CHECK(receivePacket(pair.right.get(), buffer).value().bytes == 1);
}

TEST_CASE("packet: one that fits exactly is whole, one byte more is marked cut") {
    const SocketPair pair = packetPair();
    std::array<uint8_t, 3> exact{};
    REQUIRE(sendPacket(pair.left.get(), kBytes).ok());
    CHECK_FALSE(receivePacket(pair.right.get(), exact).value().truncated);
    std::array<uint8_t, 2> small{};
    REQUIRE(sendPacket(pair.left.get(), kBytes).ok());
    const auto cut = receivePacket(pair.right.get(), small);
    REQUIRE(cut.ok());
    CHECK(cut.value().truncated);
    CHECK(cut.value().bytes == 2);
}

TEST_CASE("packet: one that is longer than the socket's buffer takes is the sender's mistake") {
    const SocketPair pair = packetPair();
    const int bytes = 4096;
    REQUIRE(::setsockopt(pair.left.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes)) == 0);
    const auto sent = sendPacket(pair.left.get(), std::vector<uint8_t>(100'000));
    REQUIRE_FALSE(sent.ok());
    CHECK(sent.error().kind == ErrorKind::Invalid);
    CHECK(sendPacket(pair.left.get(), std::vector<uint8_t>(1'000)).ok());
}

TEST_CASE("packet: carries open files, closed on exec at the other end") {
    const SocketPair pair = packetPair();
    const SocketPair carried = packetPair();
    const std::array<int, 2> fds{carried.left.get(), carried.right.get()};
    REQUIRE(sendPacket(pair.left.get(), kBytes, fds).ok());
    std::array<uint8_t, 16> buffer{};
    auto packet = receivePacket(pair.right.get(), buffer);
    REQUIRE(packet.ok());
    REQUIRE(packet.value().fds.size() == 2);
    const Fd& left = packet.value().fds[0];
    CHECK(isCloseOnExec(left.get()));
    CHECK(isCloseOnExec(packet.value().fds[1].get()));
    // The received number is another door to the same socket.
    REQUIRE(sendPacket(left.get(), kBytes).ok());
    CHECK(receivePacket(carried.right.get(), buffer).value().bytes == 3);
}

TEST_CASE("packet: carries as many files as the limit says") {
    const SocketPair pair = packetPair();
    const std::vector<int> fds(kFdsPerPacketMax, pair.left.get());
    REQUIRE(sendPacket(pair.left.get(), kBytes, fds).ok());
    std::array<uint8_t, 16> buffer{};
    const auto packet = receivePacket(pair.right.get(), buffer);
    REQUIRE(packet.ok());
    CHECK(packet.value().fds.size() == kFdsPerPacketMax);
    CHECK_FALSE(packet.value().truncated);
}

TEST_CASE("packet: more files than the limit are marked cut and none leaks") {
    const SocketPair pair = packetPair();
    constexpr size_t kSent = kFdsPerPacketMax + 2;
    std::array<int, kSent> fds{};
    fds.fill(pair.left.get());
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(fds))> control{};
    uint8_t byte = 1;
    iovec part{&byte, 1};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(fds));
    std::copy(fds.begin(), fds.end(), reinterpret_cast<int*>(CMSG_DATA(header)));
    REQUIRE(::sendmsg(pair.left.get(), &message, 0) == 1);

    const Fd before(::dup(pair.left.get()));
    std::array<uint8_t, 16> buffer{};
    {
        const auto packet = receivePacket(pair.right.get(), buffer);
        REQUIRE(packet.ok());
        CHECK(packet.value().truncated);
        CHECK(packet.value().fds.size() == kFdsPerPacketMax);
    }
    // The lowest free number is the one it was before: everything received was closed again.
    const Fd after(::dup(pair.left.get()));
    CHECK(after.get() == before.get() + 1);
}

TEST_CASE("packet: the end of the stream is Gone, for the receiver and for the sender") {
    SocketPair pair = packetPair();
    pair.left.reset();
    std::array<uint8_t, 16> buffer{};
    const auto received = receivePacket(pair.right.get(), buffer);
    REQUIRE_FALSE(received.ok());
    CHECK(received.error().kind == ErrorKind::Gone);
    const auto sent = sendPacket(pair.right.get(), kBytes);
    REQUIRE_FALSE(sent.ok());
    CHECK(sent.error().kind == ErrorKind::Gone);
}

TEST_CASE(
    "packet: a socket that must not wait says Busy when there is none and when there is no room") {
    const SocketPair pair = packetPair();
    REQUIRE(::fcntl(pair.left.get(), F_SETFL, O_NONBLOCK) == 0);
    REQUIRE(::fcntl(pair.right.get(), F_SETFL, O_NONBLOCK) == 0);
    std::vector<uint8_t> buffer(4096);
    CHECK(receivePacket(pair.right.get(), buffer).error().kind == ErrorKind::Busy);
    constexpr int kPacketsMax = 10'000;  // far above what a socket holds
    int sent = 0;
    while (sent < kPacketsMax && sendPacket(pair.left.get(), buffer).ok()) {
        ++sent;
    }
    REQUIRE(sent < kPacketsMax);
    CHECK(sendPacket(pair.left.get(), buffer).error().kind == ErrorKind::Busy);
}

TEST_CASE("listening: the socket file has exactly the mode asked for") {
    const TemporaryDirectory folder;
    for (const mode_t mode : {mode_t{0666}, mode_t{0600}, mode_t{0660}}) {
        const std::string path = folder / ("s" + std::to_string(mode));
        const auto listening = listenUnix(path, SOCK_STREAM, mode, 4);
        REQUIRE(listening.ok());
        CHECK(modeOf(path) == mode);
        CHECK(isCloseOnExec(listening.value().get()));
    }
}

TEST_CASE("listening: a socket file left by a dead process is replaced") {
    const TemporaryDirectory folder;
    const std::string path = folder / "s";
    { REQUIRE(listenUnix(path, SOCK_STREAM, 0600, 4).ok()); }
    REQUIRE(::access(path.c_str(), F_OK) == 0);
    CHECK(connectUnix(path, SOCK_STREAM).error().kind == ErrorKind::NotFound);
    const auto listening = listenUnix(path, SOCK_STREAM, 0600, 4);
    REQUIRE(listening.ok());
    CHECK(connectUnix(path, SOCK_STREAM).ok());
}

TEST_CASE("listening: anything but a socket at the path is left alone") {
    const TemporaryDirectory folder;
    const std::string file = folder / "file";
    std::ofstream(file) << "precious";
    CHECK(listenUnix(file, SOCK_STREAM, 0600, 4).error().kind == ErrorKind::Invalid);
    CHECK(listenUnix(folder.path(), SOCK_STREAM, 0600, 4).error().kind == ErrorKind::Invalid);
    const std::string link = folder / "link";
    REQUIRE(::symlink("file", link.c_str()) == 0);
    CHECK(listenUnix(link, SOCK_STREAM, 0600, 4).error().kind == ErrorKind::Invalid);
    std::string content;
    std::ifstream(file) >> content;
    CHECK(content == "precious");
}

TEST_CASE("socket path: the longest that fits is taken, one byte more and none are refused") {
    const TemporaryDirectory folder;
    constexpr size_t kLongest = 107;  // sun_path without its final zero
    const std::string longest = folder / std::string(kLongest - folder.path().size() - 1, 'x');
    REQUIRE(longest.size() == kLongest);
    const auto listening = listenUnix(longest, SOCK_STREAM, 0600, 4);
    REQUIRE(listening.ok());
    CHECK(connectUnix(longest, SOCK_STREAM).ok());
    CHECK(listenUnix(longest + "x", SOCK_STREAM, 0600, 4).error().kind == ErrorKind::Invalid);
    CHECK(connectUnix(longest + "x", SOCK_STREAM).error().kind == ErrorKind::Invalid);
    CHECK(listenUnix("", SOCK_STREAM, 0600, 4).error().kind == ErrorKind::Invalid);
}

TEST_CASE("listening: a folder that does not exist is an error with the path in it") {
    const TemporaryDirectory folder;
    const std::string path = folder / "none/s";
    const auto listening = listenUnix(path, SOCK_STREAM, 0600, 4);
    REQUIRE_FALSE(listening.ok());
    CHECK(listening.error().text.find(path) != std::string::npos);
}

TEST_CASE("connecting: where nothing is there is nothing") {
    const TemporaryDirectory folder;
    CHECK(connectUnix(folder / "none", SOCK_STREAM).error().kind == ErrorKind::NotFound);
}

TEST_CASE("connecting: the type of socket must fit") {
    const TemporaryDirectory folder;
    const std::string path = folder / "s";
    const auto listening = listenUnix(path, SOCK_SEQPACKET, 0600, 4);
    REQUIRE(listening.ok());
    CHECK_FALSE(connectUnix(path, SOCK_STREAM).ok());
    CHECK(connectUnix(path, SOCK_SEQPACKET).ok());
}

TEST_CASE("peer: is who connected, with its groups") {
    const TemporaryDirectory folder;
    const std::string path = folder / "s";
    const auto listening = listenUnix(path, SOCK_STREAM, 0600, 4);
    REQUIRE(listening.ok());
    const auto client = connectUnix(path, SOCK_STREAM);
    REQUIRE(client.ok());
    const Fd accepted(::accept4(listening.value().get(), nullptr, nullptr, SOCK_CLOEXEC));
    REQUIRE(accepted.valid());
    const auto peer = evd::base::peerIdentity(accepted.get());
    REQUIRE(peer.ok());
    CHECK(peer.value().pid == ::getpid());
    CHECK(peer.value().uid == ::geteuid());
    CHECK(peer.value().gid == ::getegid());
    const int count = ::getgroups(0, nullptr);
    REQUIRE(count >= 0);
    std::vector<gid_t> groups(static_cast<size_t>(count));
    REQUIRE(::getgroups(count, groups.data()) == count);
    CHECK(peer.value().groups == groups);
}

TEST_CASE("peer: what is not a socket has none") {
    const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK_FALSE(evd::base::peerIdentity(file.get()).ok());
}
