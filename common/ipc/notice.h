#pragma once

#include "common/base/result.h"
#include "common/wire/record.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace evd::ipc {

// A commit notice as the bytes of one bus message: capnp/notices.capnp in the flat, word-aligned
// form of Cap'n Proto (segment table, then segments; little-endian).
//
//   +------------------+----------------+-----------------+----------------------+
//   | u32 segments - 1 | u32 words of 0 | root pointer, 8 | CommitNotice's words |
//   +------------------+----------------+-----------------+----------------------+
//
// Written by the store after each commit, read by queryd and other listeners. Notices carry no
// authority: a wrong one costs a needless read. Decoding still takes nothing but one whole message
// of at most kNoticeBytesMax bytes with sensible numbers (0 <= first_id <= last_id, a known store);
// anything else is Invalid, and the listener counts and drops it. Keeps no state; any thread.
inline constexpr size_t kNoticeBytesMax = 512;
inline constexpr std::string_view kCommitTopic = "commit";

std::vector<uint8_t> encodeCommitNotice(const wire::CommitNotice& notice);
base::Result<wire::CommitNotice> decodeCommitNotice(std::span<const uint8_t> bytes);

}  // namespace evd::ipc
