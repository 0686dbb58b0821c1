#pragma once

#include "common/base/guid.h"
#include "sandbox/supervisor/notify.h"

#include <string>
#include <string_view>

namespace evd::supervisor {

// Somebody who outlives the supervisor and keeps descriptors for its next life.
//
// What programs park with us (Ruling K6) outlives them, but not us; whoever started us can keep it
// over our own restart. keep() of a name that is kept already replaces. Neither can fail in a way
// that matters to the caller: a descriptor that is not kept is one that our successor does not
// have, as after a start without any such keeper. Main thread.
class FdKeeper {
  public:
    virtual ~FdKeeper() = default;
    virtual void keep(const std::string& name, int fd) = 0;
    virtual void forget(const std::string& name) = 0;
};

// The service manager as keeper: FDSTORE=1 and FDSTOREREMOVE=1 (peios-abi §5.3, sd_notify(3)).
//
// It never answers. One that does not even take our datagrams is told nothing more after the first
// refusal, which is logged: what it keeps would be half of a ring. The notify outlives it.
class NotifyFdKeeper final : public FdKeeper {
  public:
    explicit NotifyFdKeeper(Notify& notify) : notify_(notify) {}
    void keep(const std::string& name, int fd) override;
    void forget(const std::string& name) override;

  private:
    Notify& notify_;
    bool is_lost_ = false;
};

// Under what name a program's parked descriptor is kept:
//
//     eventd-kmesd.{01234567-89ab-cdef-0123-456789abcdef}.ring.0.1.producer
//     program      boot id                                the program's own name for it
//
// The boot is part of it, because numbers in a ring mean nothing in another boot. Pure.
std::string keptName(std::string_view program_name, const base::Guid& boot_id,
                     std::string_view name);

}  // namespace evd::supervisor
