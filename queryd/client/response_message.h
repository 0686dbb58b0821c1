#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace evd::queryd {

enum class ResponseStatus { Ok, End, Error, Watch };

// One message of the server, taken apart; records point into the body.
struct ResponseMessage {
    ResponseStatus status = ResponseStatus::End;
    std::vector<std::span<const uint8_t>> records;  // Ok; each a msgpack map
    std::string error;                              // Error
};

// Reads the body of a response frame (Spec §8.8). A client does not trust its server either:
// anything that is not one map with a known status and what belongs to it is Corrupt. Unknown keys
// are passed over. Pure.
base::Result<ResponseMessage> parseResponse(std::span<const uint8_t> body);

}  // namespace evd::queryd
