"""The official Matter SDK's own code, as compiled into the wheel's `_ChipDeviceCtrl.so`.

The Python package does not wrap the attestation verifier, but the shared library exports it, and every controller
built on it runs exactly that code while commissioning. So it is called here by its C++ symbols. Object layouts are
those of the pinned release, x86-64 and aarch64 (Itanium C++ ABI); `scripts/acceptance` refuses any other release.
No verdict is computed in Python: this file only builds arguments and reads results.
"""
import ctypes
import importlib.metadata
import os
import pathlib

PINNED = "2025.7.0"

_VERIFIER = "_ZN4chip11Credentials18DefaultDACVerifier"
_ATTESTATION_INFO = "RKNS0_25DeviceAttestationVerifier15AttestationInfoE"
_COMPLETION = "PNS_8Callback8CallbackIPFvPvS5_NS0_29AttestationVerificationResultEEEE"
_BYTES = "RKNS_4SpanIKhEE"
_SYMBOLS = {
    "memory_init": "_ZN4chip8Platform10MemoryInitEPvm",
    "store_init": "_ZN4chip11Credentials25FileAttestationTrustStoreC1EPKc",
    "verifier_init": _VERIFIER + "C1EPKNS0_21AttestationTrustStoreEPNS0_35DeviceAttestationRevocationDelegateE",
    "verify": _VERIFIER + "28VerifyAttestationInformationE" + _ATTESTATION_INFO + _COMPLETION,
    "verify_cd": _VERIFIER + "41ValidateCertificationDeclarationSignatureERKNS_4SpanIKhEERS4_",
    "result_text": "_ZN4chip11Credentials31GetAttestationResultDescriptionENS0_29AttestationVerificationResultE",
    "verify_format": "_ZN4chip6Crypto34VerifyAttestationCertificateFormatE" + _BYTES + "NS0_19AttestationCertTypeE",
    "verify_chain": "_ZN4chip6Crypto24ValidateCertificateChainEPKhmS2_mS2_mRNS0_32CertificateChainValidationResultE",
}


class Span(ctypes.Structure):
    """chip::ByteSpan."""

    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]

    @classmethod
    def of(cls, value):
        return cls(value, len(value))


class ChipError(ctypes.Structure):
    """chip::ChipError, returned by value."""

    _fields_ = [("code", ctypes.c_uint32), ("file", ctypes.c_char_p), ("line", ctypes.c_uint32)]


class AttestationInfo(ctypes.Structure):
    """chip::Credentials::DeviceAttestationVerifier::AttestationInfo."""

    _fields_ = [(name, Span) for name in ("elements", "challenge", "signature", "pai", "dac", "nonce")] + [
        ("vid", ctypes.c_uint16),
        ("pid", ctypes.c_uint16),
    ]


_Completion = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint16)


class Callback(ctypes.Structure):
    """chip::Callback::Callback: list links, cancel function, context, function."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("next", "previous", "cancel", "context")] + [
        ("call", _Completion)
    ]


class Library:
    """The loaded SDK. One per process: its platform memory is global."""

    def __init__(self):
        installed = importlib.metadata.version("home-assistant-chip-core")
        if installed != PINNED:
            raise SystemExit(f"home-assistant-chip-core {installed} found, {PINNED} needed: object layouts are its own")
        import chip.native

        # Not `chip.native.Init()`: it starts the radio, socket and settings parts, of which nothing is judged here.
        handle = chip.native._GetLibraryHandle(chip.native.Library.CONTROLLER, False)
        handle.initialized = True
        self.dll = handle.dll
        self._bind("memory_init", ChipError, ctypes.c_void_p, ctypes.c_size_t)
        if self._memory_init(None, 0).code != 0:
            raise SystemExit("the SDK could not set up its memory")
        self._bind("store_init", None, ctypes.c_void_p, ctypes.c_char_p)
        self._bind("verifier_init", None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
        self._bind("verify", None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
        self._bind("verify_cd", ctypes.c_uint16, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
        self._bind("result_text", ctypes.c_char_p, ctypes.c_uint16)
        self._bind("verify_format", ChipError, ctypes.c_void_p, ctypes.c_uint32)
        bytes_in = (ctypes.c_char_p, ctypes.c_size_t)
        self._bind("verify_chain", ChipError, *bytes_in * 3, ctypes.c_void_p)

    def _bind(self, name, result, *arguments):
        function = getattr(self.dll, _SYMBOLS[name])
        function.restype, function.argtypes = result, arguments
        setattr(self, "_" + name, function)

    # -- single steps ------------------------------------------------------------------------------------------------

    def format_accepted(self, kind, der):
        """`VerifyAttestationCertificateFormat`: kind is DAC, PAI or PAA."""
        code = {"PAI": 1, "DAC": 2, "PAA": 3}[kind]
        return self._verify_format(ctypes.byref(Span.of(der)), code).code == 0

    def chain_accepted(self, paa, pai, dac):
        """`ValidateCertificateChain` as the verifier calls it."""
        verdict = ctypes.c_int(-1)
        error = self._verify_chain(paa, len(paa), pai, len(pai), dac, len(dac), ctypes.byref(verdict))
        return error.code == 0

    def describe(self, result):
        """The SDK's words for a result code."""
        return f"{result} ({self._result_text(result).decode().split(' (')[0]})"

    def verifier(self, paa_directory):
        return Verifier(self, paa_directory)


class Verifier:
    """`DefaultDACVerifier` over a `FileAttestationTrustStore`: what a controller does with `paaTrustStorePath`."""

    def __init__(self, library, paa_directory):
        self.library = library
        self._path = os.fsencode(pathlib.Path(paa_directory).resolve())
        # Far larger than either object, and kept as long as this wrapper lives.
        self._store = ctypes.create_string_buffer(65536)
        self._object = ctypes.create_string_buffer(65536)
        library._store_init(self._store, self._path)
        library._verifier_init(self._object, self._store, None)

    def verify(self, elements, challenge, signature, pai, dac, nonce, vid, pid):
        """Result code of the whole attestation check (0 accepted)."""
        results = []
        completion = _Completion(lambda context, info, result: results.append(result))
        callback = Callback(None, None, None, None, completion)
        info = AttestationInfo(*map(Span.of, (elements, challenge, signature, pai, dac, nonce)), vid, pid)
        self.library._verify(self._object, ctypes.byref(info), ctypes.byref(callback))
        if len(results) != 1:
            raise RuntimeError(f"the SDK reported {len(results)} results for one attestation")
        return results[0]

    def verify_declaration(self, cd):
        """Result code of the Certification Declaration's signature check (0 accepted)."""
        content = Span()
        return self.library._verify_cd(self._object, ctypes.byref(Span.of(cd)), ctypes.byref(content))
