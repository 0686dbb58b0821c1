#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace evd::supervisor {

// How many datagrams may wait in one of our sockets before a sender has to wait or loses one.
inline constexpr uint64_t kDatagramBacklog = 512;

// While it lives, Unix datagram sockets are made with a queue of kDatagramBacklog at least.
//
// Linux gives such a socket the queue length that net.unix.max_dgram_qlen names when it is made, 10
// by default, and there is no call to change it for one socket. Ten is less than what arrives while
// a reader is put off the processor for a moment (docs/decisions/0006). So the setting is raised
// for the few microseconds in which our sockets are made, and put back; a longer one is left as it
// is. Where we may not change it nothing happens. Main thread, before there are children.
class DatagramBacklog {
  public:
    explicit DatagramBacklog(std::string path = "/proc/sys/net/unix/max_dgram_qlen");
    ~DatagramBacklog();
    DatagramBacklog(const DatagramBacklog&) = delete;
    DatagramBacklog& operator=(const DatagramBacklog&) = delete;

  private:
    const std::string path_;
    std::optional<uint64_t> before_;  // to be put back
};

}  // namespace evd::supervisor
