#include "apps/sim/device/naming.h"

#include <stdio.h>
#include <string.h>

/* Terse codes by plant, medium, sort and function, as German specifications ask for, with descriptions in
 * full. MW a measured value, SW a setpoint, ST a position, SB a command, BM a running message, SM a fault, ZW
 * a count. */
static const SimWord words[] = {
    {SIM_ZONE, "ZN-T", "RAU_TE_MW", "Raumtemperatur"},
    {SIM_ZONE, "SUP-F", "ZUL_VS_MW", "Zuluft Volumenstrom"},
    {SIM_ZONE, "CLG-SP", "RAU_KUE_SW", "Sollwert Kühlen"},
    {SIM_ZONE, "HTG-SP", "RAU_HEI_SW", "Sollwert Heizen"},
    {SIM_ZONE, "DPR-O", "ZUL_KL_ST", "Volumenstromklappe Stellung"},
    {SIM_ZONE, "RHT-O", "NEH_VE_ST", "Nacherhitzer Ventil"},
    {SIM_ZONE, "DA-T", "ZUL_TE_MW", "Zuluft Temperatur nach Nacherhitzer"},
    {SIM_ZONE, "OCC-S", "RAU_PM_BM", "Präsenzmelder"},
    {SIM_ZONE, "MODE", "RAU_RG_ZS", "Regelzustand"},
    {SIM_ZONE, "FLW-C", "ZUL_VS_SW", "Zuluft Volumenstrom Sollwert, wirksam"},
    {SIM_ZONE, "CO2", "RAU_CO2_MW", "Raumluft CO₂-Gehalt"},
    {SIM_ZONE, "OFS-SP", "RAU_KO_SW", "Sollwertkorrektur am Raumbediengerät"},
    {SIM_ZONE, "ZN-H", "RAU_FE_MW", "Raumfeuchte, relativ"},
    {SIM_ZONE, "MIN-SP", "ZUL_VN_SW", "Zuluft Mindestvolumenstrom"},
    {SIM_ZONE, "OCC-C", "RAU_BA_SB", "Raumbetriebsart"},
    {SIM_HANDLER, "SAT", "ZUL_TE_MW", "Zuluft Temperatur"},
    {SIM_HANDLER, "RAT", "ABL_TE_MW", "Abluft Temperatur"},
    {SIM_HANDLER, "MAT", "MIL_TE_MW", "Mischluft Temperatur"},
    {SIM_HANDLER, "SA-H", "ZUL_FE_MW", "Zuluft Feuchte, relativ"},
    {SIM_HANDLER, "DUCT-P", "ZUL_DR_MW", "Zuluft Kanaldruck"},
    {SIM_HANDLER, "FLT-P", "FIL_DR_MW", "Filter Differenzdruck"},
    {SIM_HANDLER, "SA-F", "ZUL_VS_MW", "Zuluft Volumenstrom"},
    {SIM_HANDLER, "SF-KW", "VEN_LE_MW", "Ventilatoren Leistung, Zu- und Abluft"},
    {SIM_HANDLER, "SF-O", "ZUV_DZ_ST", "Zuluftventilator Drehzahl"},
    {SIM_HANDLER, "RF-O", "ABV_DZ_ST", "Abluftventilator Drehzahl"},
    {SIM_HANDLER, "OAD-O", "AUL_KL_ST", "Außenluftklappe Stellung"},
    {SIM_HANDLER, "CLG-O", "KUE_VE_ST", "Kühler Ventil"},
    {SIM_HANDLER, "HTG-O", "ERH_VE_ST", "Erhitzer Ventil"},
    {SIM_HANDLER, "SAT-C", "ZUL_TE_SW", "Zuluft Temperatur Sollwert, wirksam"},
    {SIM_HANDLER, "DUCT-SP", "ZUL_DR_SW", "Zuluft Kanaldruck Sollwert"},
    {SIM_HANDLER, "SF-C", "ZUV_SB", "Zuluftventilator Schaltbefehl"},
    {SIM_HANDLER, "SF-S", "ZUV_BM", "Zuluftventilator Betriebsmeldung"},
    {SIM_HANDLER, "FRZ-A", "FRS_SM", "Frostschutz Störmeldung"},
    {SIM_HANDLER, "FLT-A", "FIL_SM", "Filter Wartungsmeldung"},
    {SIM_HANDLER, "OCC", "NUZ_BM", "Nutzungszeit"},
    {SIM_HANDLER, "ECON", "FRK_BM", "Freie Kühlung aktiv"},
    {SIM_HANDLER, "MODE", "ANL_BA_ZS", "Betriebsart"},
    {SIM_HANDLER, "SF-HRS", "ZUV_BH_ZW", "Zuluftventilator Betriebsstunden"},
    {SIM_HANDLER, "OAF", "AUL_VS_MW", "Außenluft Volumenstrom"},
    {SIM_HANDLER, "OAF-SP", "AUL_VN_SW", "Außenluft Mindestvolumenstrom"},
    {SIM_HANDLER, "START-SP", "NUZ_BE_SW", "Nutzungszeit Beginn, Uhrzeit in Stunden"},
    {SIM_HANDLER, "STOP-SP", "NUZ_EN_SW", "Nutzungszeit Ende, Uhrzeit in Stunden"},
    {SIM_HANDLER, "WU-C", "AUF_SB", "Schnellaufheizung Freigabe"},
    {SIM_PLANT, "CHW-ST", "K01_VL_TE_MW", "Kaltwasser Vorlauftemperatur"},
    {SIM_PLANT, "CHW-RT", "K01_RL_TE_MW", "Kaltwasser Rücklauftemperatur"},
    {SIM_PLANT, "HW-ST", "H01_VL_TE_MW", "Heizung Vorlauftemperatur"},
    {SIM_PLANT, "HW-RT", "H01_RL_TE_MW", "Heizung Rücklauftemperatur"},
    {SIM_PLANT, "CH-LOAD", "K01_KM_LA_MW", "Kältemaschine Auslastung"},
    {SIM_PLANT, "BLR-LOAD", "H01_KE_LA_MW", "Heizkessel Auslastung"},
    {SIM_PLANT, "CH-KW", "K01_KM_LE_MW", "Kältemaschine elektrische Leistung"},
    {SIM_PLANT, "CHW-C", "K01_VL_TE_SW", "Kaltwasser Vorlauftemperatur Sollwert, wirksam"},
    {SIM_PLANT, "HW-C", "H01_VL_TE_SW", "Heizung Vorlauftemperatur Sollwert, wirksam"},
    {SIM_PLANT, "CHP-O", "K01_PU_DZ_ST", "Kaltwasserpumpe Drehzahl"},
    {SIM_PLANT, "HWP-O", "H01_PU_DZ_ST", "Heizungspumpe Drehzahl"},
    {SIM_PLANT, "CH-C", "K01_KM_SB", "Kältemaschine Schaltbefehl"},
    {SIM_PLANT, "CH-S", "K01_KM_BM", "Kältemaschine Betriebsmeldung"},
    {SIM_PLANT, "BLR-C", "H01_KE_SB", "Heizkessel Schaltbefehl"},
    {SIM_PLANT, "BLR-S", "H01_KE_BM", "Heizkessel Betriebsmeldung"},
    {SIM_PLANT, "MODE", "Z01_BA_ZS", "Energiezentrale Betriebsart"},
    {SIM_PLANT, "CWS-T", "R01_VL_TE_MW", "Kühlwasser Temperatur nach Rückkühler"},
    {SIM_PLANT, "CWR-T", "R01_RL_TE_MW", "Kühlwasser Temperatur vor Rückkühler"},
    {SIM_PLANT, "CWS-C", "R01_VL_TE_SW", "Kühlwasser Temperatur Sollwert, wirksam"},
    {SIM_PLANT, "CT-O", "R01_VE_DZ_ST", "Rückkühler Ventilator Drehzahl"},
    {SIM_PLANT, "PMP-KW", "Z01_PU_LE_MW", "Pumpen elektrische Leistung"},
    {SIM_PLANT, "CT-KW", "R01_VE_LE_MW", "Rückkühler elektrische Leistung"},
    {SIM_WEATHER, "OAT", "AUL_TE_MW", "Außentemperatur"},
    {SIM_WEATHER, "OAH", "AUL_FE_MW", "Außenluft Feuchte, relativ"},
    {SIM_WEATHER, "SOLAR", "AUL_GS_MW", "Globalstrahlung, waagrecht"},
    {SIM_METER, "KW", "WL_MW", "Wirkleistung"},
    {SIM_METER, "KVAR", "BL_MW", "Blindleistung"},
    {SIM_METER, "PF", "LF_MW", "Leistungsfaktor cos φ"},
    {SIM_METER, "V", "SP_MW", "Spannung, Mittel der Außenleiter"},
    {SIM_METER, "A", "ST_MW", "Strom, Mittel der Außenleiter"},
    {SIM_METER, "HZ", "FR_MW", "Netzfrequenz"},
    {SIM_METER, "FANS-KW", "RLT_LE_MW", "Leistung Ventilatoren"},
    {SIM_METER, "LTG-KW", "BEL_LE_MW", "Leistung Beleuchtung und Steckdosen"},
    {SIM_METER, "CH-KW", "KM_LE_MW", "Leistung Kältemaschine"},
    {SIM_METER, "PMP-KW", "PU_LE_MW", "Leistung Pumpen"},
    {SIM_METER, "CT-KW", "RK_LE_MW", "Leistung Rückkühler"},
    {SIM_METER, "KWH", "WA_ZW", "Wirkarbeit Zählerstand"},
    {SIM_METER, "GAS-KWH", "GA_ZW", "Gas Energie nach Brennwert, Zählerstand"},
    {0},
};

static void name_device(const SimEquipment *equipment, char ret_name[SIM_NAME_MAX],
                        char ret_text[SIM_TEXT_MAX])
{
    const unsigned handler = equipment->handler, number = equipment->number;
    switch (equipment->kind) {
    case SIM_HANDLER:
        snprintf(ret_name, SIM_NAME_MAX, "ISP_L%02u", handler);
        snprintf(ret_text, SIM_TEXT_MAX, "Schaltschrank Lüftungsanlage %u", handler);
        break;
    case SIM_PLANT:
    case SIM_WEATHER:
        snprintf(ret_name, SIM_NAME_MAX, "ISP_Z01");
        snprintf(ret_text, SIM_TEXT_MAX, "Schaltschrank Kälte- und Wärmezentrale");
        break;
    case SIM_METER:
        snprintf(ret_name, SIM_NAME_MAX, "ISP_N01");
        snprintf(ret_text, SIM_TEXT_MAX, "Zähler Niederspannungshauptverteilung und Gas");
        break;
    case SIM_ZONE:
        snprintf(ret_name, SIM_NAME_MAX, "RAC_E%02u_%02u", handler, number);
        snprintf(ret_text, SIM_TEXT_MAX, "Raumautomation, Ebene %u, Regler %u", handler, number);
        break;
    }
}

static void name_point(const SimEquipment *equipment, const SimSpec *spec, char ret_name[SIM_NAME_MAX])
{
    const unsigned handler = equipment->handler, number = equipment->number;
    const char *code = sim_word_find(words, equipment->kind, spec)->name;
    switch (equipment->kind) {
    case SIM_HANDLER: snprintf(ret_name, SIM_NAME_MAX, "L%02u_%s", handler, code); break;
    case SIM_PLANT: snprintf(ret_name, SIM_NAME_MAX, "%s", code); break;
    case SIM_WEATHER: snprintf(ret_name, SIM_NAME_MAX, "W01_%s", code); break;
    case SIM_METER: snprintf(ret_name, SIM_NAME_MAX, "N01_%s", code); break;
    case SIM_ZONE: snprintf(ret_name, SIM_NAME_MAX, "E%02uR%02u_%s", handler, number, code); break;
    }
}

static void describe(const SimEquipment *equipment, const SimSpec *spec, char ret_text[SIM_TEXT_MAX])
{
    const unsigned handler = equipment->handler, number = equipment->number;
    const char *text = sim_word_find(words, equipment->kind, spec)->text;
    if (equipment->kind == SIM_ZONE)
        snprintf(ret_text, SIM_TEXT_MAX, "Ebene %u Raum %02u %s", handler, number, text);
    else if (equipment->kind == SIM_HANDLER)
        snprintf(ret_text, SIM_TEXT_MAX, "Lüftung %u %s", handler, text);
    else
        snprintf(ret_text, SIM_TEXT_MAX, "%s", text);
}

static const char *word(const char *state)
{
    static const char *const states[][2] = {
        {"off", "Aus"},
        {"on", "Ein"},
        {"stopped", "Steht"},
        {"running", "Läuft"},
        {"normal", "Normal"},
        {"alarm", "Störung"},
        {"unoccupied", "Unbelegt"},
        {"occupied", "Belegt"},
        {"inactive", "Inaktiv"},
        {"active", "Aktiv"},
        {"warm-up", "Aufheizen"},
        {"night", "Nacht"},
        {"heating", "Heizen"},
        {"deadband", "Nullzone"},
        {"cooling", "Kühlen"},
        {"heating and cooling", "Heizen und Kühlen"},
        {"standby", "Bereitschaft"},
    };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcmp(states[i][0], state) == 0)
            return states[i][1];
    return state;
}

const SimNaming sim_naming_german = {
    "german", "terse codes, as E01R01_RAU_TE_MW, with German descriptions", name_device, name_point, describe,
    word};
