#pragma once

#include "common/access/security_descriptor.h"
#include "common/base/result.h"
#include "queryd/evctl/arguments_service.h"
#include "queryd/evctl/output_stream.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evd::evctl {

// `evctl sd ...`: security descriptors by themselves; no daemon is asked (contracts §7, §8).
base::Result<void> runSd(const Arguments& arguments, OutputStream& output);

// The bytes that an SDDL text means.
base::Result<std::vector<uint8_t>> compileDescriptor(std::string_view sddl);
// A descriptor given as hex or as SDDL; no SDDL is hex.
base::Result<access::SecurityDescriptor> readDescriptor(std::string_view text);

// Lines of questions in, lines of answers out (contracts §8).
//
// Takes bytes as they come and answers each complete line in order; finish() answers a last line
// that lacks its line break. A line beyond kWhatIfLineBytesMax is answered as unreadable, and its
// bytes are not kept. One thread.
class WhatIfSession {
  public:
    // Both append to `answers`.
    void add(std::string_view bytes, std::string& answers);
    void finish(std::string& answers);

  private:
    void answer(std::string& answers);

    std::string partial_;
    bool too_long_ = false;
    uint64_t line_ = 0;
};

}  // namespace evd::evctl
