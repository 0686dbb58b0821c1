#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evd::collector {

// The kernel cuts its own lines at about 1 KiB and a record at 8 KiB, escapes included.
inline constexpr size_t kKernelLogRecordBytesMax = 16 * 1024;

// One record of the kernel's log.
struct KernelLogRecord {
    uint8_t level = 0;               // 0 emergency ... 7 debug
    uint32_t facility = 0;           // 0: the kernel itself; others were written by a program
    uint64_t sequence = 0;           // since boot, without holes
    uint64_t monotonic_us = 0;       // since boot
    std::vector<std::string> lines;  // UTF-8, at least one
};

// Reads what one read() of /dev/kmsg gives:
//
//      level,sequence,microseconds,flags[,more];text\n
//       KEY=value\n                                       any number, each behind a space
//
// `level` is facility * 8 + priority. In the text the kernel writes every byte that is not
// printable ASCII, and the backslash, as \xNN; undone, they may be line feeds, which make several
// lines of one record, and UTF-8, which the text is made to be where it is not. Fields behind the
// flags and the keys, which name devices, are passed over. The flag 'c' marks a fragment that the
// kernel could not join with its beginning; it stands for itself, since what is next to it may be
// somebody else's. Anybody with the right to write there shapes the text, so nothing is assumed of
// it. Invalid when the head is not as above. Pure.
base::Result<KernelLogRecord> parseKernelLogRecord(std::string_view bytes);

// Levels from emergency to error (Spec §4.2 knows only error or not).
inline constexpr uint8_t kKernelErrorLevel = 3;

}  // namespace evd::collector
