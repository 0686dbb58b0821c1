#include "tests/support/captured_stderr.h"

#include "common/base/check.h"
#include "common/base/socket.h"

#include <sys/socket.h>
#include <unistd.h>
#include <array>

namespace evd::test {

CapturedStderr::CapturedStderr() : saved_(::dup(STDERR_FILENO)) {
    auto pair = base::makeSocketPair(SOCK_SEQPACKET);
    EVD_CHECK(pair.ok(), "a pair of sockets could not be made");
    reading_ = std::move(pair.value().left);
    ::dup2(pair.value().right.get(), STDERR_FILENO);
}

std::vector<std::string> CapturedStderr::writes() {
    restore();
    std::vector<std::string> all;
    std::array<uint8_t, 4096> buffer{};
    while (true) {
        const auto packet = base::receivePacket(reading_.get(), buffer);
        if (!packet.ok()) {
            return all;
        }
        all.emplace_back(buffer.begin(),
                         buffer.begin() + static_cast<ptrdiff_t>(packet.value().bytes));
    }
}

void CapturedStderr::restore() {
    if (saved_.valid()) {
        ::dup2(saved_.get(), STDERR_FILENO);
        saved_.reset();
    }
}

}  // namespace evd::test
