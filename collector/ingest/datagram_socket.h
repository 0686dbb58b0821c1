#pragma once

#include "collector/ingest/publish_gate.h"
#include "common/base/fd.h"
#include "common/base/result.h"

#include <sys/socket.h>
#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace evd::collector {

// A Unix datagram is bounded by the send buffer of its sender: 208 KiB unless it asks for more, and
// then twice net.core.wmem_max, of which distributions make 416 KiB. What is longer than this is
// dropped whole.
inline constexpr size_t kDatagramBytesMax = 512 * 1024;
// As many are read with one call.
inline constexpr size_t kDatagramsPerRead = 32;
// Of each place; what a longer datagram has touched is given back to the system.
inline constexpr size_t kResidentBytesMax = 16 * 1024;

struct Datagram {
    std::span<uint8_t> bytes;
    bool is_too_long = false;  // its end is missing
    Sender sender;
};

// One door's socket and the memory that its datagrams are read into.
//
// Takes away recvmmsg with all its arrays, and the identity of the sender: SO_PASSCRED makes the
// kernel add it to each datagram. The memory is 16 MiB of addresses, of which small datagrams use a
// page each. Belongs to the door's thread. Descriptors that somebody sends along are closed by the
// kernel, because there is no room for them.
class DatagramSocket {
  public:
    // Makes the socket tell who sends; before confinement.
    static base::Result<std::unique_ptr<DatagramSocket>> open(base::Fd fd);
    ~DatagramSocket();
    DatagramSocket(const DatagramSocket&) = delete;
    DatagramSocket& operator=(const DatagramSocket&) = delete;

    // What is there now, without waiting; nothing when nothing is. Valid until the next call.
    base::Result<std::span<const Datagram>> read();

    int fd() const { return fd_.get(); }

  private:
    struct Place;

    DatagramSocket(base::Fd fd, uint8_t* memory);
    void giveBack();
    uint8_t* placeOf(size_t index) const { return memory_ + index * kDatagramBytesMax; }

    base::Fd fd_;
    uint8_t* const memory_;
    std::vector<mmsghdr> headers_;
    std::vector<Place> places_;
    std::vector<Datagram> datagrams_;
};

}  // namespace evd::collector
