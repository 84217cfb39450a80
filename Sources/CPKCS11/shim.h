// Only the header is used: the module is opened at run time by path, so nothing links p11-kit.
#pragma once
#include <p11-kit-1/p11-kit/pkcs11.h>
