#pragma once

#include "common/base/fd.h"
#include "common/base/guid.h"

#include <cstdint>

namespace evd::collector {

// How far the kernel's log was sent, kept in a file so that neither a new sensor nor a new group
// sends the same boot's records twice.
//
//      offset   0          8                 24        32     little-endian
//               +----------+-----------------+----------+
//               | "EVDKLG1"| boot id, 16     | next     |
//               |  and NUL | bytes           | sequence |
//               +----------+-----------------+----------+
//
// The file is opened by the supervisor, beside the event shards, and handed over; the sensor opens
// no file. It is written after the records were taken by the log socket, so that a sensor that
// dies in between sends one datagram again rather than never. A file that is empty, of another
// boot or of another version counts as none and is written anew; without a file the position holds
// for this process only. It is not synced: after a crash of the machine it is another boot.
class KernelLogPosition {
  public:
    KernelLogPosition(base::Fd file, const base::Guid& boot_id);

    // The first sequence number that was not sent yet.
    uint64_t next() const { return next_; }
    // Whether anything of this boot was ever sent.
    bool known() const { return known_; }
    void store(uint64_t next);

  private:
    base::Fd file_;
    base::Guid boot_id_;
    uint64_t next_ = 0;
    bool known_ = false;
};

}  // namespace evd::collector
