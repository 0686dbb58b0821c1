#pragma once

#include "queryd/client/rpc_client_service.h"
#include "queryd/evctl/session_context.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace evd::evctl {

// What has happened at a door since the watch began, whoever sent it.
struct DoorProgress {
    uint64_t received = 0;
    uint64_t lost = 0;        // refused by the store, or without room; or datagrams passed over
    uint64_t held_bytes = 0;  // not answered by the store yet

    bool operator==(const DoorProgress&) const = default;
};

// Watches what eventd-ingest does with the records of one door, for who sends so many that it could
// run out of room: the doors themselves answer nothing (Spec §4.2, §6.2).
//
// The figures are those of `evctl status`, up to a second old, and for administrators only. Answers
// nothing where they are not given, or when eventd-ingest was restarted and has forgotten them. One
// thread; the context outlives it.
class DoorWatch {
  public:
    // door: "log" or "metric"; kind: "logs" or "samples", as the measures are named.
    DoorWatch(const SessionContext& context, std::string door, std::string kind);

    std::optional<DoorProgress> look();

  private:
    std::optional<DoorProgress> figures();

    std::string door_;
    std::string kind_;
    std::unique_ptr<queryd::RpcClient> client_;
    std::optional<DoorProgress> base_;
};

}  // namespace evd::evctl
