/* What each right means, in every language; the English is the server's own (GET /rights, lib/model/rights.def). */
import type { Right } from '../../api/shapes'
import { catalog, useStrings } from '../../strings'

type Meanings = Record<Right, string>

const english: Meanings = {
    view: 'See the building: points, values, history, commands and overrides',
    command: 'Write values that end by themselves, at priority 8 to 16',
    command_freely: 'Write values without an end, and at any priority that the site allows',
    release: 'Let go of what was written',
    read_audit: 'See who did what',
    edit_points: 'Change points and devices: names, tags, limits, polling',
    edit_settings: "Change the site's settings",
    manage_sites: 'At a central: let sites join, rename them, shut them out',
    manage_users: 'Add and remove people, give them roles, end their sessions',
}

const strings = catalog<Meanings>({
    en: english,
    zhHant: {
        view: '查看大樓：點位、數值、歷史、指令與覆寫',
        command: '寫入會自動結束的數值，優先級 8 至 16',
        command_freely: '寫入沒有期限的數值，並可用場地允許的任何優先級',
        release: '釋放已寫入的數值',
        read_audit: '查看誰做了什麼',
        edit_points: '更改點位與設備：名稱、標籤、限值、輪詢',
        edit_settings: '更改場地設定',
        manage_sites: '在中央：讓場地加入、更改其名稱、將其撤銷',
        manage_users: '新增和移除人員、給予角色、結束其登入',
    },
    pt: {
        view: 'Ver o edifício: pontos, valores, histórico, comandos e forçados',
        command: 'Escrever valores que terminam por si, nas prioridades 8 a 16',
        command_freely: 'Escrever valores sem fim, e em qualquer prioridade que o local permita',
        release: 'Libertar o que foi escrito',
        read_audit: 'Ver quem fez o quê',
        edit_points: 'Mudar pontos e equipamentos: nomes, etiquetas, limites, consulta',
        edit_settings: 'Mudar as definições do local',
        manage_sites: 'Num central: deixar locais aderir, mudar-lhes o nome, excluí-los',
        manage_users: 'Adicionar e remover pessoas, dar-lhes funções, terminar as suas sessões',
    },
})

export function useRightWords(): Meanings {
    return useStrings(strings)
}
export const rightsInEnglish = english
