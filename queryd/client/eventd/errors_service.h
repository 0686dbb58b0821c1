#pragma once

#include "queryd/client/eventd/client.h"

#include <kj/exception.h>

namespace eventd {

// The other end of eventd's errors (common/ipc/errors.h): a kind travels as the type of the
// exception, or by name in brackets in front of the text. Texts that nobody of ours wrote, such as
// those of a lost connection, are replaced by one that a person can use.
Error toError(const kj::Exception& exception);

}  // namespace eventd
