#include "queryd/evctl/door_watch.h"

#include "common/base/text.h"

#include <utility>

namespace evd::evctl {

namespace {

constexpr std::string_view kProgram = "eventd-ingest";

uint64_t measureOf(const wire::ProcessStatus& process, const std::string& name) {
    for (const wire::Measure& measure : process.measures) {
        if (measure.name == name) {
            return measure.value < 0 ? 0 : static_cast<uint64_t>(measure.value);
        }
    }
    return 0;
}

}  // namespace

DoorWatch::DoorWatch(const SessionContext& context, std::string door, std::string kind)
    : door_(std::move(door)), kind_(std::move(kind)) {
    auto client = queryd::connectRpcClient(context.sockets.rpc);
    if (client.ok()) {
        client_ = std::move(client).value();
        base_ = figures();
    }
}

std::optional<DoorProgress> DoorWatch::figures() {
    const auto status = client_ ? client_->status() : base::fail(base::ErrorKind::NotFound, "");
    if (!status.ok()) {
        client_.reset();
        return std::nullopt;
    }
    for (const wire::ProcessStatus& process : status.value().processes) {
        if (process.name == kProgram) {
            const std::string records = base::cat("records.", kind_, '.');
            return DoorProgress{measureOf(process, base::cat("door.", door_, ".records")),
                                measureOf(process, records + "dropped") +
                                    measureOf(process, records + "dropped_unread") +
                                    measureOf(process, records + "refused"),
                                measureOf(process, records + "held_bytes")};
        }
    }
    return std::nullopt;
}

std::optional<DoorProgress> DoorWatch::look() {
    const auto now = base_ ? figures() : std::nullopt;
    if (!now || now->received < base_->received || now->lost < base_->lost) {
        base_.reset();
        return std::nullopt;
    }
    return DoorProgress{now->received - base_->received, now->lost - base_->lost, now->held_bytes};
}

}  // namespace evd::evctl
