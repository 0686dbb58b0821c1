#pragma once

#include "tests/bench/record_sender.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace evd::bench {

// Log lines to the daemons that people use today, running live: the same lines that our log socket
// gets, one in a datagram, from one sender that blocks.

struct PeerFigures {
    double per_second = 0;  // stored
    double bytes_per_record = 0;
};

// One run; nothing when the daemon is not installed or cannot be started, which is said.
std::optional<PeerFigures> runLiveJournald();
std::optional<PeerFigures> runLiveRsyslog();

// Sends for EVENTD_BENCH_SECONDS, else 15 s: the datagram that `format` makes of an origin and a
// line. How many.
uint64_t sendLines(
    int socket,
    const std::function<std::string(std::string_view origin, std::string_view line)>& format);

// The same lines to a group of ours, sent as `send` does.
using SendLines = std::function<Sent(const std::string& socket, StoredRows&, const AddRecord&)>;
PeerFigures runOurLines(const SendLines& send);

uint64_t bytesBelow(const std::string& folder);

}  // namespace evd::bench
