package p11rpc

import (
	"errors"
	"fmt"
)

// RV is a CK_RV that is not CKR_OK.
type RV uint64

// Return values of PKCS #11 v3.0, section 5.1, as far as they are used here.
const (
	SlotIDInvalid              RV = 0x003
	GeneralError               RV = 0x005
	FunctionFailed             RV = 0x006
	ArgumentsBad               RV = 0x007
	NoEvent                    RV = 0x008
	AttributeSensitive         RV = 0x011
	AttributeTypeInvalid       RV = 0x012
	DataInvalid                RV = 0x020
	DataLenRange               RV = 0x021
	DeviceError                RV = 0x030
	DeviceRemoved              RV = 0x032
	FunctionCanceled           RV = 0x050
	FunctionNotSupported       RV = 0x054
	KeyHandleInvalid           RV = 0x060
	KeyFunctionNotPermitted    RV = 0x068
	MechanismInvalid           RV = 0x070
	MechanismParamInvalid      RV = 0x071
	ObjectHandleInvalid        RV = 0x082
	OperationActive            RV = 0x090
	OperationNotInitialized    RV = 0x091
	PINIncorrect               RV = 0x0A0
	PINInvalid                 RV = 0x0A1
	PINLenRange                RV = 0x0A2
	PINLocked                  RV = 0x0A4
	SessionCount               RV = 0x0B1
	SessionHandleInvalid       RV = 0x0B3
	SessionSerialRequired      RV = 0x0B4 // CKR_SESSION_PARALLEL_NOT_SUPPORTED
	TokenNotPresent            RV = 0x0E0
	TokenNotRecognized         RV = 0x0E1
	UserAlreadyLoggedIn        RV = 0x100
	UserNotLoggedIn            RV = 0x101
	UserTypeInvalid            RV = 0x103
	CryptokiNotInitialized     RV = 0x190
	CryptokiAlreadyInitialized RV = 0x191
)

func (r RV) Error() string { return fmt.Sprintf("PKCS #11 error 0x%X", uint64(r)) }

// rvOf returns the RV for an error.
func rvOf(err error) RV {
	if rv, ok := errors.AsType[RV](err); ok && rv != 0 {
		return rv
	}
	return GeneralError
}
